// Whether captured rows are changes: those of updates that changed nothing, and of insertions that were ignored, come to nothing.

import Vocabulary

extension Drain {
    /// Whether the next drain would write a change to the log. AUTOINCREMENT counters and marks of its own are none.
    ///
    /// Reads rows of the outbox up to the first that is a change, in the transaction that the connection is in, or in one of its own. Where
    /// that cannot be told, because the structure moved or the rows cannot be read, they count as changes.
    public static func yields(_ connection: Connection, after position: Int64) -> Bool {
        do {
            return try Drain(connection).run(after: position, sequences: [:], now: 0, into: FirstChange()) == nil
        } catch { return true }
    }

    /// Ends the drain at the first change.
    private final class FirstChange: DrainSink {
        private struct Found: Error {}

        func define(_ table: TableDefinition) {}
        func number(ofContext text: String) -> UInt32 { 1 }
        func restart() {}

        func append(_ operation: Operation) throws {
            if operation.action != .saveSequence && operation.action != .validateTransaction { throw Found() }
        }
    }
}
