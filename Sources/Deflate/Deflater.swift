// Raw deflate (RFC 1951), piece by piece, by either library.

import CIsal
import CZlib

/// One compressor with its memory, for one stream after the other. Used by one thread at a time.
public final class Deflater {
    /// What the output ends with once all input is taken.
    public enum Flush: Sendable {
        case nothing
        /// What follows differs in kind: codes are fitted anew.
        case part
        /// At a byte border, so that another stream can be put behind it.
        case sync
        /// The stream ends.
        case end
    }

    /// How far a match can reach back, in bytes (RFC 1951).
    public static let window = 32 << 10

    private enum Library {
        case isal(UnsafeMutablePointer<isal_zstream>, level: UInt32, memory: UnsafeMutableRawBufferPointer)
        /// On the heap because zlib keeps the address and checks it.
        case zlib(UnsafeMutablePointer<z_stream>)
    }

    private let library: Library

    public init(_ effort: Effort, codec: Codec = .best) {
        if codec == .isal, let level = effort.isalLevel {
            let stream = UnsafeMutablePointer<isal_zstream>.allocate(capacity: 1)
            stream.initialize(to: isal_zstream())
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: effort.isalMemory, alignment: 64)
            memory.initializeMemory(as: UInt8.self, repeating: 0)
            library = .isal(stream, level: level, memory: memory)
        } else {
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            // Raw deflate, full window. Memory level 9 instead of 8, longer deflate blocks and a larger hash table, makes the
            // output 0.1 to 0.2 % smaller.
            let code = deflateInit2_(
                stream, effort.zlibLevel, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            // It fails only without memory for its 0.5 MB, where the program cannot go on either.
            precondition(code == Z_OK, "zlib could not start a compressor")
            library = .zlib(stream)
        }
    }

    deinit {
        switch library {
        case .isal(let stream, _, let memory):
            stream.deallocate()
            memory.deallocate()
        case .zlib(let stream):
            deflateEnd(stream)
            stream.deallocate()
        }
    }

    /// Begins a stream.
    /// - Parameter history: what stands directly before it, for matches to reach into; at most `window` bytes, unchanged until
    ///   the first call of `deflate` returns.
    public func begin(after history: UnsafeRawBufferPointer = UnsafeRawBufferPointer(start: nil, count: 0)) {
        let start = Deflater.address(history)
        switch library {
        case .isal(let stream, let level, let memory):
            isal_deflate_init(stream)
            stream.pointee.level = level
            stream.pointee.level_buf = memory.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.level_buf_size = UInt32(memory.count)
            if let start, history.count > 0 {
                // It fails only for a stream that has begun.
                precondition(isal_deflate_set_dict(stream, start, UInt32(history.count)) == COMP_OK, "ISA-L refused the history")
            }
        case .zlib(let stream):
            deflateReset(stream)
            if let start, history.count > 0 { deflateSetDictionary(stream, start, UInt32(history.count)) }
        }
    }

    /// Compresses from the front of `input`, below 4 GiB, into the front of `output`, and moves both past what was used.
    /// - Returns: whether all was taken and the flush is complete; otherwise there must be more output.
    public func deflate(
        _ input: inout UnsafeRawBufferPointer, _ flush: Flush, into output: inout UnsafeMutableRawBufferPointer
    ) -> Bool {
        let taken: Int
        let room: Int
        switch library {
        case .isal(let stream, _, _):
            stream.pointee.end_of_stream = flush == .end ? 1 : 0
            stream.pointee.flush = UInt16(flush == .part || flush == .sync ? SYNC_FLUSH : NO_FLUSH)
            stream.pointee.next_in = Deflater.address(input)
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(output.count)
            // Wrong parameters only, and they are constants.
            precondition(isal_deflate(stream) == COMP_OK, "ISA-L refused its parameters")
            taken = input.count - Int(stream.pointee.avail_in)
            room = Int(stream.pointee.avail_out)
        case .zlib(let stream):
            stream.pointee.next_in = Deflater.address(input)
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(output.count)
            let mode =
                switch flush {
                case .nothing: Z_NO_FLUSH
                case .part: Z_BLOCK
                case .sync: Z_SYNC_FLUSH
                case .end: Z_FINISH
                }
            CZlib.deflate(stream, mode)
            taken = input.count - Int(stream.pointee.avail_in)
            room = Int(stream.pointee.avail_out)
        }
        input = UnsafeRawBufferPointer(rebasing: input[taken...])
        output = UnsafeMutableRawBufferPointer(rebasing: output[(output.count - room)...])
        // A full output may hide a flush that is not complete.
        return input.isEmpty && !output.isEmpty
    }

    /// The libraries do not change what their input points to; the C types only lack the const.
    private static func address(_ bytes: UnsafeRawBufferPointer) -> UnsafeMutablePointer<UInt8>? {
        UnsafeMutablePointer(mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
    }
}
