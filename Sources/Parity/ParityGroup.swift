// One group at a time: which of its blocks are wrong, and what they were.

import Glibc

/// Belongs to one thread.
final class ParityGroup {
    private let parity: ParityFile
    private let parts: ProtectedParts
    private let layout: ParityLayout
    private let code: ReedSolomon

    init(_ parity: ParityFile, _ parts: ProtectedParts) {
        self.parity = parity
        self.parts = parts
        layout = parity.layout
        code = ReedSolomon(data: layout.dataPerGroup, parity: Int(layout.parity), blockSize: layout.blockSize)
    }

    /// Reads a block; the end of the last one is filled with zeros.
    /// - Returns: false when a byte of it is missing.
    func read(_ block: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        let start = block * UInt64(layout.blockSize)
        let length = Int(min(layout.size - start, UInt64(layout.blockSize)))
        UnsafeMutableRawBufferPointer(rebasing: buffer[length...]).initializeMemory(as: UInt8.self, repeating: 0)
        return parts.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<length]), at: start)
    }

    /// Whether a block is what its checksum says; nil when the checksum is lost.
    func check(_ block: UInt64, _ bytes: UnsafeRawBufferPointer) -> Bool? {
        parity.checksum(layout.checksumIndex(ofBlock: block, band: layout.band(of: block))).map { $0 == ParityChecksum.of(bytes) }
    }

    /// The wrong blocks of a group as they were, by number; nil when there are too many. Blocks that cannot be checked are
    /// believed first, then not.
    func compute(_ group: UInt64, band: UInt64) -> [UInt64: [UInt8]]? {
        attempt(group, band, believing: true) ?? attempt(group, band, believing: false)
    }

    private func attempt(_ group: UInt64, _ band: UInt64, believing: Bool) -> [UInt64: [UInt8]]? {
        let size = layout.blockSize
        let rows = Int(layout.parity)
        let first = layout.blocks(ofBand: band).lowerBound + group
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: (rows + 1) * size)
        defer { memory.deallocate() }
        let sums = memory + size
        sums.initialize(repeating: 0, count: rows * size)
        let buffer = UnsafeMutableRawBufferPointer(start: memory, count: size)
        var lost: [Int] = []
        for member in 0..<layout.members(ofGroup: group, band: band) {
            let block = first + UInt64(member) * layout.groups
            if read(block, into: buffer), check(block, UnsafeRawBufferPointer(buffer)) ?? believing {
                code.add(memory, member: member, to: sums)
            } else {
                lost.append(member)
                if lost.count > rows { return nil }
            }
        }
        var chosen: [Int] = []
        for row in 0..<rows where chosen.count < lost.count {
            guard parity.readParity(group * layout.parity + UInt64(row), band: band, into: buffer) else { continue }
            ReedSolomon.add(UnsafeRawBufferPointer(buffer), to: sums + row * size)
            chosen.append(row)
        }
        guard chosen.count == lost.count, let blocks = code.solve(lost: lost, with: chosen, sums: sums) else { return nil }
        var result: [UInt64: [UInt8]] = [:]
        for (member, bytes) in zip(lost, blocks) {
            let block = first + UInt64(member) * layout.groups
            if bytes.withUnsafeBytes({ check(block, $0) }) == false { return nil }
            result[block] = bytes
        }
        return result
    }
}
