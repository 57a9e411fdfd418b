// A clock that was set back is an event in the log: who reads times there must know that they are not in order from here on.

import LogFile
import Vocabulary

enum ClockJump {
    /// Times that go back by less are told by nothing: a row that carries no time gets one of the drain, and a transaction that was open
    /// meanwhile began before it. Milliseconds.
    static let least: Int64 = 60_000

    /// Writes the entry where an operation is much earlier than the one before it: action `updateContext`, with the two times in UTC.
    /// It changes no row, so that redo and undo pass over it, those of older versions too.
    static func note(before operation: Operation, in writer: LogWriter) throws(Failure) {
        guard operation.time < writer.lastTime - least else { return }
        var texts = ValueBuffer()
        for text in ["the clock went back", Timestamp.utc(writer.lastTime), Timestamp.utc(operation.time)] {
            texts.append(.text(writer.header.encoding.encode(text)))
        }
        let entry = texts.bytes.withUnsafeBytes { bytes in
            let head = Operation(action: .updateContext, time: operation.time, position: writer.lastPosition, new: bytes)
            return Result { () throws(Failure) in try writer.append(head) }
        }
        _ = try entry.get()
    }
}
