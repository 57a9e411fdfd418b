// Decompressing raw deflate, piece by piece. The bytes come from a file that may be damaged or hostile: every answer is
// a value, and each call either moves on or says why not.

enum InflateResult: Equatable {
    /// Goes on with more input or more room.
    case more
    /// The last block of the stream was read.
    case end
    /// The bytes are not deflate.
    case damaged
}

/// One decompressor with its memory. Used by one thread at a time.
protocol Inflater: AnyObject {
    /// Begins a new stream.
    func reset()

    /// Inflates from the front of `input` into the front of `output` and moves both past what was used.
    func inflate(_ input: inout UnsafeRawBufferPointer, into output: inout UnsafeMutableRawBufferPointer) -> InflateResult

    /// Whole bytes taken from the input but not part of what was decoded so far.
    var unusedBytes: Int { get }
}

extension Inflater {
    /// Inflates a piece that stands alone: `input` gives exactly `output.count - 1` bytes and nothing is left over. The
    /// spare byte of `output` is where a piece that gives more shows itself.
    /// - Returns: whether it was so.
    func inflateWhole(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        reset()
        var rest = input
        var room = output
        while true {
            let before = (rest.count, room.count)
            switch inflate(&rest, into: &room) {
            case .damaged: return false
            case .end: return rest.isEmpty && unusedBytes == 0 && room.count == 1
            case .more:
                if room.isEmpty { return false }
                // Neither read nor wrote: this is all there is.
                if (rest.count, room.count) == before { return rest.isEmpty && unusedBytes == 0 && room.count == 1 }
            }
        }
    }
}
