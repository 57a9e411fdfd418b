// How logs are deflated: payloads of parts that differ in kind, into memory that grows.

import Deflate

extension Effort {
    /// A little above ISA-L's minimum for its largest level (90,112 bytes): the smaller the buffer, the more often it fits its codes
    /// to what comes, which gains a tenth on columns that follow each other.
    private static let memory = 100_000

    /// While operations are being drained.
    static let fast = Effort(isalLevel: 2, isalMemory: memory, zlibLevel: 1)
    /// When a log is sealed and nobody waits.
    static let small = Effort(isalLevel: 3, isalMemory: memory, zlibLevel: 6)
}

extension Deflater {
    /// Compresses parts that differ in kind, each ending at one of `ends`, as one stream: codes are fitted to each part.
    func deflate(_ input: UnsafeRawBufferPointer, parts ends: [Int], into output: inout Bytes) {
        begin()
        var start = 0
        for end in ends where end > start && end < input.count {
            feed(UnsafeRawBufferPointer(rebasing: input[start..<end]), .part, into: &output)
            start = end
        }
        feed(UnsafeRawBufferPointer(rebasing: input[start...]), .end, into: &output)
    }

    /// Appends to `output` what compressing `input` yields, so far or to the end.
    func feed(_ input: UnsafeRawBufferPointer, _ flush: Flush, into output: inout Bytes) {
        var rest = input
        var isDone = false
        while !isDone {
            let size = min(rest.count + 1024, 1 << 20)
            let place = output.count
            output.resize(to: place + size)
            var room = UnsafeMutableRawBufferPointer(start: output.base + place, count: size)
            isDone = deflate(&rest, flush, into: &room)
            output.resize(to: output.count - room.count)
        }
    }
}

extension Inflater {
    /// Unfolds a whole stream; false when it is malformed or does not fill `output` exactly.
    func inflate(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Bool {
        begin()
        var room = output
        return take(input, into: &room) == true && room.isEmpty
    }
}
