// The mark that tells a test: everything sent so far has been answered and the picture is complete. It travels in the same
// stream as the picture, behind it, so it cannot be seen too early. Terminals ignore it.

import CNcurses

/// `ESC ] 777 ; idle ; inputs ; resizes ; wakes BEL`, with the numbers of events since the start. A test that sent a key
/// waits for a mark with one input more; a wake-up in between does not deceive it.
struct IdleReport {
    var inputs = 0
    var resizes = 0
    var wakes = 0
    private var written: (Int, Int, Int)?

    /// Writes the mark unless nothing happened since the last one.
    mutating func write() {
        if let written, written == (inputs, resizes, wakes) { return }
        written = (inputs, resizes, wakes)
        let mark = "\u{1B}]777;idle;\(inputs);\(resizes);\(wakes)\u{7}"
        cnc_write_raw(mark, mark.utf8.count)
    }

    init() {}
}
