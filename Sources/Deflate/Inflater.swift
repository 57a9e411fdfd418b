// Decompressing raw deflate, piece by piece. The bytes come from a file that may be damaged or hostile: every answer is a
// value, and each call either moves on or says why not.

import CIsal
import CZlib

/// One decompressor with its memory, for one stream after the other. Used by one thread at a time.
public final class Inflater {
    public enum Step: Sendable {
        /// Goes on with more input or more room.
        case more
        /// The last block of the stream was read.
        case end
        /// The bytes are not deflate.
        case damaged
    }

    private enum Library {
        case isal(UnsafeMutablePointer<inflate_state>)
        /// On the heap because zlib keeps the address and checks it.
        case zlib(UnsafeMutablePointer<z_stream>)
    }

    private let library: Library

    public init(codec: Codec = .best) {
        switch codec {
        case .isal:
            let state = UnsafeMutablePointer<inflate_state>.allocate(capacity: 1)
            state.initialize(to: inflate_state())
            isal_inflate_init(state)
            library = .isal(state)
        case .zlib:
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            let code = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            // It fails only without memory for its 7 kB, where the program cannot go on either.
            precondition(code == Z_OK, "zlib could not start a decompressor")
            library = .zlib(stream)
        }
    }

    deinit {
        switch library {
        case .isal(let state): state.deallocate()
        case .zlib(let stream):
            inflateEnd(stream)
            stream.deallocate()
        }
    }

    /// Begins a new stream.
    public func begin() {
        switch library {
        case .isal(let state): isal_inflate_reset(state)
        case .zlib(let stream): inflateReset(stream)
        }
    }

    /// Whole bytes taken from the input but not part of what was decoded so far.
    public var unusedBytes: Int {
        switch library {
        // ISA-L reads up to eight bytes ahead into a register.
        case .isal(let state): Int(max(0, state.pointee.read_in_length)) / 8
        // zlib returns what it did not use at once.
        case .zlib: 0
        }
    }

    /// Inflates from the front of `input` into the front of `output` and moves both past what was used.
    public func inflate(_ input: inout UnsafeRawBufferPointer, into output: inout UnsafeMutableRawBufferPointer) -> Step {
        let step: Step
        let rest: (input: Int, output: Int)
        // The libraries do not change what `next_in` points to; the C types only lack the const.
        let start = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        switch library {
        case .isal(let state):
            state.pointee.next_in = start
            state.pointee.avail_in = UInt32(input.count)
            state.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
            state.pointee.avail_out = UInt32(output.count)
            let code = isal_inflate(state)
            rest = (Int(state.pointee.avail_in), Int(state.pointee.avail_out))
            step = code < ISAL_DECOMP_OK ? .damaged : state.pointee.block_state == ISAL_BLOCK_FINISH ? .end : .more
        case .zlib(let stream):
            stream.pointee.next_in = start
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
            stream.pointee.avail_out = UInt32(output.count)
            let code = CZlib.inflate(stream, Z_NO_FLUSH)
            rest = (Int(stream.pointee.avail_in), Int(stream.pointee.avail_out))
            step = code == Z_STREAM_END ? .end : code == Z_OK || code == Z_BUF_ERROR ? .more : .damaged
        }
        // In a damaged stream ISA-L's counts can be more than it was given.
        guard step != .damaged, rest.input <= input.count, rest.output <= output.count else { return .damaged }
        input = UnsafeRawBufferPointer(rebasing: input[(input.count - rest.input)...])
        output = UnsafeMutableRawBufferPointer(rebasing: output[(output.count - rest.output)...])
        return step
    }

    /// Inflates a part of a stream whose whole size is known, and moves `output` past what it gave.
    /// - Returns: nil when the part is damaged, gives more than there is room for, or has bytes behind the end of the stream;
    ///   otherwise whether the stream has ended.
    public func take(_ part: UnsafeRawBufferPointer, into output: inout UnsafeMutableRawBufferPointer) -> Bool? {
        var rest = part
        while true {
            let before = (rest.count, output.count)
            switch inflate(&rest, into: &output) {
            case .damaged: return nil
            case .end: return rest.isEmpty && unusedBytes == 0 ? true : nil
            // Neither read nor wrote: this part has nothing more, or the output is full.
            case .more where (rest.count, output.count) == before: return rest.isEmpty ? false : nil
            case .more: break
            }
        }
        // Untested: the loop above ends only by returning.
    }
}
