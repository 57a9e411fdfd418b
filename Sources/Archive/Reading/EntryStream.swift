// Decompressing an entry from its first byte to its last. Never gives more bytes than the directory declares, whatever the
// compressed bytes would give.

import Deflate

/// Belongs to one thread.
struct EntryStream: ~Copyable {
    private static let chunk = 1 << 20

    private let entry: ZipEntry
    private let input: ArchiveInput
    private let inflater: Inflater?
    private let compressed: UnsafeMutableRawBufferPointer
    private let output: UnsafeMutableRawBufferPointer
    private var rest = UnsafeRawBufferPointer(start: nil, count: 0)
    private var read: UInt64 = 0
    private var given: UInt64 = 0
    private var isOver = false
    /// Whether the entry gave exactly its bytes; known when `next` has returned nil.
    private(set) var isWhole = false

    init(entry: ZipEntry, input: ArchiveInput, codec: Codec) {
        self.entry = entry
        self.input = input
        inflater = entry.method == Zip.deflated ? Inflater(codec: codec) : nil
        inflater?.begin()
        compressed = .allocate(byteCount: EntryStream.chunk, alignment: 64)
        output = .allocate(byteCount: EntryStream.chunk, alignment: 64)
    }

    deinit {
        compressed.deallocate()
        output.deallocate()
    }

    /// Offset in the archive up to which it was read.
    var position: UInt64 { entry.dataOffset + read - UInt64(rest.count) }

    /// The next bytes, valid until the next call; nil at the end, sound or not.
    mutating func next() throws -> UnsafeRawBufferPointer? {
        if isOver { return nil }
        let bytes = try inflater.map { try inflate($0) } ?? copy()
        given += UInt64(bytes.count)
        return bytes.isEmpty ? nil : bytes
    }

    private mutating func copy() throws -> UnsafeRawBufferPointer {
        try refill()
        let bytes = rest
        rest = UnsafeRawBufferPointer(start: nil, count: 0)
        if bytes.isEmpty {
            isOver = true
            isWhole = true
        }
        return bytes
    }

    private mutating func inflate(_ inflater: Inflater) throws -> UnsafeRawBufferPointer {
        // One byte more than may come, so that a stream which gives too much shows itself.
        let limit = Int(min(UInt64(EntryStream.chunk), entry.size - given + 1))
        var room = UnsafeMutableRawBufferPointer(rebasing: output[..<limit])
        while !isOver, !room.isEmpty {
            if rest.isEmpty { try refill() }
            let before = (rest.count, room.count)
            switch inflater.inflate(&rest, into: &room) {
            case .damaged: isOver = true
            case .end:
                isOver = true
                isWhole =
                    rest.isEmpty && read == entry.compressedSize && inflater.unusedBytes == 0
                    && given + UInt64(limit - room.count) == entry.size
            case .more:
                // Neither read nor wrote: the stream lacks its end.
                if before == (rest.count, room.count), !rest.isEmpty || read == entry.compressedSize { isOver = true }
            }
        }
        let count = limit - room.count
        if given + UInt64(count) > entry.size {
            isOver = true
            return UnsafeRawBufferPointer(rebasing: output[..<(count - 1)])
        }
        return UnsafeRawBufferPointer(rebasing: output[..<count])
    }

    private mutating func refill() throws {
        let count = Int(min(UInt64(compressed.count), entry.compressedSize - read))
        let target = UnsafeMutableRawBufferPointer(rebasing: compressed[..<count])
        try input.read(into: target, at: entry.dataOffset + read)
        read += UInt64(count)
        rest = UnsafeRawBufferPointer(target)
    }
}
