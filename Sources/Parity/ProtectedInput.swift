// Reads protected files so that damaged blocks come out as they were: each block is checked when it is read, and computed from
// its group when it is wrong. Nothing is changed on the disk.


/// The stream of one file or of its segments. Belongs to one thread. Memory: at most 64 MB with that of one band.
public final class ProtectedInput {
    /// Bytes that could neither be read nor computed.
    public struct Loss: Error {
        public var offset: UInt64
    }

    public let parity: ParityFile
    /// Blocks that were computed so far, as byte ranges of the stream, joined; the first thousand.
    public private(set) var repaired = ByteRanges()
    private let parts: ProtectedParts
    private let layout: ParityLayout
    private let group: ParityGroup
    /// The blocks read last.
    private var window: [UInt8] = []
    private var windowStart: UInt64 = 0
    /// Computed blocks, kept while their neighbours are read: interlaced groups take turns.
    private var computed: [UInt64: [UInt8]] = [:]
    /// Groups that were tried and are beyond repair.
    private var hopeless: Set<UInt64> = []

    private static let windowSize = 1 << 20
    private static let memory = 32 << 20

    /// - Parameter paths: the files, `parity.partCount` of them; they need not exist.
    public init(_ parity: ParityFile, paths: [String]) {
        precondition(paths.count == parity.partCount, "one path for each file that is protected")
        self.parity = parity
        layout = parity.layout
        parts = ProtectedParts(paths, parity.layout)
        group = ParityGroup(parity, parts)
    }

    public var size: UInt64 { layout.size }

    /// Whether the parity file is that of these files, as far as can be told without reading all: most of some blocks, from
    /// everywhere, are as their checksums say.
    public var belongs: Bool {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.blockSize, alignment: 64)
        defer { memory.deallocate() }
        let count = min(layout.blockCount, 32)
        let sound = (0..<count).count { index in
            let block = index * layout.blockCount / count
            return group.read(block, into: memory) && group.check(block, UnsafeRawBufferPointer(memory)) == true
        }
        return sound * 2 >= count
    }

    /// Fills the buffer from `offset`; all of it lies inside the stream. What cannot be repaired is handed out as it is.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(Loss) {
        precondition(offset <= size && UInt64(buffer.count) <= size - offset, "the caller keeps to the size")
        var done = 0
        while done < buffer.count {
            let position = offset + UInt64(done)
            if position < windowStart || position >= windowStart + UInt64(window.count) {
                try load(position / UInt64(layout.blockSize), wanted: buffer.count - done)
            }
            let start = Int(position - windowStart)
            let count = min(buffer.count - done, window.count - start)
            window.withUnsafeBytes { window in
                UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: window[start..<start + count]))
            }
            done += count
        }
    }

    /// Reads whole blocks from `first` into the window, as many as are wanted and fit.
    private func load(_ first: UInt64, wanted: Int) throws(Loss) {
        let block = UInt64(layout.blockSize)
        let count = min(UInt64(max(1, ProtectedInput.windowSize / layout.blockSize)), UInt64(wanted) / block + 1, layout.blockCount - first)
        let start = first * block
        let length = Int(min(size - start, count * block))
        var bytes = [UInt8](repeating: 0, count: Int(count * block))
        window = []
        let isWhole = bytes.withUnsafeMutableBytes { parts.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[..<length]), at: start) }
        var lost: UInt64?
        bytes.withUnsafeMutableBytes { bytes in
            for index in 0..<count {
                let place = UnsafeMutableRawBufferPointer(rebasing: bytes[Int(index * block)..<Int((index + 1) * block)])
                let isThere = isWhole || group.read(first + index, into: place)
                if isThere, group.check(first + index, UnsafeRawBufferPointer(place)) != false { continue }
                if let sound = corrected(first + index) {
                    place.copyBytes(from: sound)
                } else if !isThere {
                    lost = lost ?? (first + index) * block
                }
            }
        }
        if let lost { throw Loss(offset: lost) }
        window = bytes
        window.removeLast(bytes.count - length)
        windowStart = start
    }

    /// The block as it was; nil when it is beyond repair.
    private func corrected(_ block: UInt64) -> [UInt8]? {
        let size = UInt64(layout.blockSize)
        if computed[block] == nil {
            let band = layout.band(of: block)
            let index = (block - layout.blocks(ofBand: band).lowerBound) % layout.groups
            guard !hopeless.contains(band * layout.groups + index) else { return nil }
            guard let found = group.compute(index, band: band) else {
                if hopeless.count > 100_000 { hopeless.removeAll() }
                hopeless.insert(band * layout.groups + index)
                return nil
            }
            if (computed.count + found.count) * layout.blockSize > ProtectedInput.memory { computed.removeAll() }
            computed.merge(found) { old, _ in old }
        }
        guard let bytes = computed[block] else { return nil }
        repaired.insert(block * size..<min(self.size, (block + 1) * size))
        return bytes
    }
}
