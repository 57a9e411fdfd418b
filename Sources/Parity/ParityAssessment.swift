// Everything read and compared with its checksum: what is damaged, and whether it can be repaired.

public import Vocabulary

/// What a check of protected files and of their parity file found.
public struct ParityAssessment: Sendable, Equatable {
    /// Damaged bytes of the files, taken as one stream, that can be repaired.
    public var repairable = ByteRanges()
    /// Those that cannot.
    public var lost = ByteRanges()
    /// Damaged bytes of the parity file itself.
    public var parity = ByteRanges()
    /// Files that have bytes after their end.
    public var overlong: [String] = []

    public init() {}

    /// The protected files are as they were written.
    public var isSound: Bool { repairable.isEmpty && lost.isEmpty && overlong.isEmpty }

    /// Reads everything once. Changes nothing. Memory: the counts of one band.
    /// - Parameter paths: the files, `file.partCount` of them; they need not exist.
    /// - Throws: 1406 on Stop.
    public static func of(_ file: ParityFile, paths: [String], _ job: Job) throws(Failure) -> ParityAssessment {
        let layout = file.layout
        let parts = ProtectedParts(paths, layout)
        let group = ParityGroup(file, parts)
        var result = ParityAssessment()
        let size = UInt64(layout.blockSize)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: layout.blockSize, alignment: 64)
        defer { memory.deallocate() }
        job.report(Progress(phase: "Comparing with the parity file", subject: paths[0], total: layout.size + layout.fileSize))
        var done: UInt64 = 0
        for band in 0..<layout.bands {
            let blocks = layout.blocks(ofBand: band)
            // A bit for each block and a count for each group: what a file claims to have must not cost much memory.
            var damaged = [UInt64](repeating: 0, count: blocks.count / 64 + 1)
            var missing = [Int64](repeating: 0, count: Int(layout.groups))
            for block in blocks {
                if !group.read(block, into: memory) || group.check(block, UnsafeRawBufferPointer(memory)) == false {
                    let index = block - blocks.lowerBound
                    damaged[Int(index / 64)] |= 1 << (index % 64)
                    missing[Int(index % layout.groups)] += 1
                }
                done += size
                if done & 0xfffff < size { try step(done, job) }
            }
            for index in 0..<layout.groups {
                var sound: Int64 = 0
                for row in 0..<layout.parity {
                    let number = index * layout.parity + row
                    if file.readParity(number, band: band, into: memory) {
                        sound += 1
                    } else {
                        let offset = layout.offset(ofParity: number, band: band)
                        result.parity.insert(offset..<offset + size)
                    }
                }
                // From here on negative: more is missing than there is parity for.
                missing[Int(index)] = sound - missing[Int(index)]
                done += layout.parity * size
                try step(done, job)
            }
            for (word, bits) in damaged.enumerated() where bits != 0 {
                for bit in 0..<64 where bits & 1 << UInt64(bit) != 0 {
                    let index = UInt64(word * 64 + bit)
                    let start = (blocks.lowerBound + index) * size
                    let range = start..<min(layout.size, start + size)
                    if missing[Int(index % layout.groups)] >= 0 { result.repairable.insert(range) } else { result.lost.insert(range) }
                }
            }
        }
        let page = UInt64(ParityLayout.pageSize)
        for number in 0..<layout.pageCount {
            for copy in 0...1 where !file.isSound(page: number, copy: copy) {
                let offset = (copy == 0 ? 0 : layout.secondCopy) + number * page
                result.parity.insert(offset..<offset + page)
            }
            if number & 0xff == 0 { try step(done, job) }
        }
        result.overlong = paths.indices.filter { parts.excess(ofPart: $0) > 0 }.map { paths[$0] }
        return result
    }

    private static func step(_ done: UInt64, _ job: Job) throws(Failure) {
        try job.checkStop()
        job.report(done: done)
    }
}
