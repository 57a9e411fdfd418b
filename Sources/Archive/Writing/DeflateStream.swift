// What deflate needs beyond compressing: blocks that do not shrink, and the end. Blocks are compressed on any thread, each
// knowing the 32 KiB before it, and their outputs one after the other are one valid stream.

import Deflate

enum DeflateStream {
    /// An empty last block: ends a stream whose other blocks all said that more follows.
    static let end: [UInt8] = [0x03, 0x00]

    static func storedSize(of count: Int) -> Int { count + 5 * ((count + 65_534) / 65_535) }

    /// Writes `data` uncompressed as deflate blocks of type 0. `output` holds `storedSize(of:)` bytes.
    static func store(_ data: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int {
        var read = 0
        var written = 0
        while read < data.count {
            let count = min(65_535, data.count - read)
            output[written] = 0
            output.storeBytes(of: UInt16(count).littleEndian, toByteOffset: written + 1, as: UInt16.self)
            output.storeBytes(of: ~UInt16(count).littleEndian, toByteOffset: written + 3, as: UInt16.self)
            output[(written + 5)...].copyBytes(from: data[read..<read + count])
            read += count
            written += 5 + count
        }
        return written
    }
}

extension Deflater {
    /// nil for `none`, which is not deflated at all.
    static func of(_ compression: Compression, codec: Codec) -> Deflater? {
        switch compression {
        case .none: nil
        // Several times faster than zlib's level 1 and no larger, on rows of random content as on rows that repeat a lot, where
        // level 2 was larger. Level 3 wants 20 KiB and its hash table; 8 Ki tokens of 4 bytes gain 3 % over the default 64 Ki
        // where rows repeat, for a tenth of the time at most.
        case .fast: Deflater(Effort(isalLevel: 3, isalMemory: 20 * 1024 + 2 * 32 * 1024 + 4 * 8 * 1024, zlibLevel: 1), codec: codec)
        // With memory level 9, level 8 is smaller than zlib's usual level 9 and takes a tenth less time.
        case .compact: Deflater(Effort(isalLevel: nil, isalMemory: 0, zlibLevel: 8), codec: codec)
        }
    }

    /// Deflates `data`, ending at a byte border without ending the stream. `history` is what stands directly before it.
    /// - Returns: bytes written, or nil when they do not fit in `output`: store the block instead.
    func deflate(
        _ data: UnsafeRawBufferPointer, history: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        begin(after: history)
        var rest = data
        var room = output
        return deflate(&rest, .sync, into: &room) ? output.count - room.count : nil
    }
}

extension Inflater {
    /// Inflates a piece that stands alone: `input` gives exactly `output.count - 1` bytes and nothing is left over. The
    /// spare byte of `output` is where a piece that gives more shows itself. A piece need not end its stream.
    /// - Returns: whether it was so.
    func inflateWhole(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        begin()
        var room = output
        return take(input, into: &room) != nil && room.count == 1 && unusedBytes == 0
    }
}
