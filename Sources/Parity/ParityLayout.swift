// Where everything lies: blocks, groups, bands, checksums, parity. Arithmetic only (docs/formats/parity.md).

/// The description that every page of a parity file repeats.
struct ParityLayout: Equatable, Sendable {
    /// Bytes of a block.
    var blockSize: Int
    /// Bytes that are protected.
    var size: UInt64
    /// Bytes of a segment; 0 for one file.
    var segmentSize: UInt64
    var bands: UInt64
    /// Groups in a band.
    var groups: UInt64
    /// Parity blocks in a group.
    var parity: UInt64

    static let mostParts: UInt64 = 9999
    static let largestSize: UInt64 = 1 << 46
    /// Memory of a band's parity, in a reader and in a writer.
    static let largestBand: UInt64 = 64 << 20

    /// The layout that the program chooses.
    /// - Parameter size: not 0.
    init(size: UInt64, segmentSize: UInt64, _ strength: ParityStrength) {
        var block: UInt64 = 1024
        while block < 32768, block * 2 <= size / 3200 { block *= 2 }
        let count = (size + block - 1) / block
        let groups = (count + 199) / 200
        let bands = (groups + strength.interlacing.groups - 1) / strength.interlacing.groups
        blockSize = Int(block)
        self.size = size
        self.segmentSize = segmentSize
        self.bands = bands
        self.groups = (groups + bands - 1) / bands
        parity = 0
        parity = max(2, (UInt64(dataPerGroup) * UInt64(strength.redundancy.percent) + 99) / 100)
    }

    /// A layout read from a file; nil when it breaks a bound.
    init?(blockSize: UInt32, size: UInt64, segmentSize: UInt64, bands: UInt32, groups: UInt32, parity: UInt32) {
        guard (512...65536).contains(blockSize), blockSize & (blockSize - 1) == 0, (1...ParityLayout.largestSize).contains(size) else {
            return nil
        }
        self.blockSize = Int(blockSize)
        self.size = size
        self.segmentSize = segmentSize
        self.bands = UInt64(bands)
        self.groups = UInt64(groups)
        self.parity = UInt64(parity)
        guard bands >= 1, self.bands <= blockCount, groups >= 1, self.groups <= blockCount / self.bands, (1...254).contains(parity),
            dataPerGroup + Int(parity) <= 255, self.groups * self.parity <= ParityLayout.largestBand / UInt64(blockSize),
            segmentSize == 0 || (size - 1) / segmentSize < ParityLayout.mostParts
        else { return nil }
    }

    var blockCount: UInt64 { (size + UInt64(blockSize) - 1) / UInt64(blockSize) }

    /// The most data blocks of a group: *K*.
    var dataPerGroup: Int { Int(clamping: ((blockCount + bands - 1) / bands + groups - 1) / groups) }

    var parityCount: UInt64 { bands * groups * parity }

    /// How many files are protected.
    var partCount: Int { segmentSize == 0 ? 1 : Int((size - 1) / segmentSize) + 1 }

    /// The bytes of a file among those protected.
    func part(_ index: Int) -> Range<UInt64> {
        segmentSize == 0 ? 0..<size : UInt64(index) * segmentSize..<min(size, UInt64(index + 1) * segmentSize)
    }

    // MARK: Bands and groups

    /// The data blocks of a band.
    func blocks(ofBand band: UInt64) -> Range<UInt64> { start(of: band)..<start(of: band + 1) }

    private func start(of band: UInt64) -> UInt64 {
        let product = blockCount.multipliedFullWidth(by: band)
        return bands.dividingFullWidth(product).quotient
    }

    func band(of block: UInt64) -> UInt64 {
        var band = blockCount.dividingFullWidth(block.multipliedFullWidth(by: bands)).quotient
        while start(of: band + 1) <= block { band += 1 }
        return band
    }

    /// How many data blocks a group has.
    func members(ofGroup group: UInt64, band: UInt64) -> Int {
        let count = UInt64(blocks(ofBand: band).count)
        return Int((count - group + groups - 1) / groups)
    }

    // MARK: Places

    static let pageSize = 4096
    static let checksumsPerPage: UInt64 = 503

    /// Checksums in all.
    var checksumCount: UInt64 { blockCount + parityCount }
    /// Pages of one copy.
    var pageCount: UInt64 { (checksumCount + ParityLayout.checksumsPerPage - 1) / ParityLayout.checksumsPerPage }

    /// The number of a data block's checksum.
    func checksumIndex(ofBlock block: UInt64, band: UInt64) -> UInt64 { block + band * groups * parity }

    /// The number of a parity block's checksum; `index` counts through the band: group · m + r.
    func checksumIndex(ofParity index: UInt64, band: UInt64) -> UInt64 { start(of: band + 1) + band * groups * parity + index }

    func offset(ofParity index: UInt64, band: UInt64) -> UInt64 {
        pageCount * UInt64(ParityLayout.pageSize) + (band * groups * parity + index) * UInt64(blockSize)
    }

    /// Where the second copy of the pages begins.
    var secondCopy: UInt64 { pageCount * UInt64(ParityLayout.pageSize) + parityCount * UInt64(blockSize) }

    /// Size of the parity file.
    var fileSize: UInt64 { secondCopy + pageCount * UInt64(ParityLayout.pageSize) }
}
