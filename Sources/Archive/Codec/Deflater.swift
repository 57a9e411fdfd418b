// Compressing one block of a deflate stream that goes on: blocks are compressed on any thread, each knowing the 32 KiB
// before it, and their outputs one after the other are one valid stream.

/// Distance that a deflate match can reach back (RFC 1951).
let deflateWindow = 32 << 10

/// One compressor with its memory. Used by one thread at a time.
protocol Deflater: AnyObject {
    /// Deflates `data`, ending at a byte border without ending the stream. `history` is what stands directly before it.
    /// - Returns: bytes written, or nil when they do not fit in `output`: store the block instead.
    func deflate(
        _ data: UnsafeRawBufferPointer, history: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Int?
}

/// What deflate needs beyond compressing: blocks that do not shrink, and the end.
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
