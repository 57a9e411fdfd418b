// Where a drain delivers: the log writer in production, an array in tests.

public import Vocabulary

/// Receives what a drain derives, in order. Called on the drain's thread, within its read transaction.
public protocol DrainSink: AnyObject {
    /// A definition that the following operations name; before its first use, possibly again in a later drain.
    func define(_ table: TableDefinition) throws
    /// The number under which the log knows this context (`CaptureContext` text). Called before the operations that carry it.
    func number(ofContext text: String) throws -> UInt32
    /// Forgets all operations of this drain: they come once more, and otherwise. Numbers of contexts and definitions stay.
    func restart() throws
    /// The next operation. Its bytes are valid during the call only; its `number` is 0: the log gives numbers.
    func append(_ operation: Operation) throws
}
