// zlib's decompressor.

import CZlib

final class ZlibInflater: Inflater {
    /// On the heap because zlib keeps the address and checks it.
    private let stream: UnsafeMutablePointer<z_stream>

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        // It fails only without memory for its 7 kB, where the program cannot go on either.
        precondition(code == Z_OK, "zlib could not start a decompressor")
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// zlib returns what it did not use at once.
    var unusedBytes: Int { 0 }

    func reset() { inflateReset(stream) }

    func inflate(_ input: inout UnsafeRawBufferPointer, into output: inout UnsafeMutableRawBufferPointer) -> InflateResult {
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        let code = CZlib.inflate(stream, Z_NO_FLUSH)
        input = UnsafeRawBufferPointer(rebasing: input[(input.count - Int(stream.pointee.avail_in))...])
        output = UnsafeMutableRawBufferPointer(rebasing: output[(output.count - Int(stream.pointee.avail_out))...])
        return switch code {
        case Z_STREAM_END: .end
        case Z_OK, Z_BUF_ERROR: .more
        default: .damaged
        }
    }
}
