// An operation that outlives the call that found it: for lists and details.

public import Vocabulary

/// A copy of one operation with its values.
public struct OwnedOperation: Sendable, Hashable {
    public var number: UInt64
    public var action: Action
    /// Milliseconds since 1970-01-01 UTC.
    public var time: Int64
    public var position: Int64
    public var isConsistentPoint: Bool
    /// 0 when it is not known who did it.
    public var context: UInt32
    /// 0 when it concerns no table.
    public var table: UInt32
    public var key: [Value]
    public var old: [Value]
    public var new: [Value]
    /// Bytes of key and images as logged.
    public var size: Int

    /// Copies an operation. Values that are malformed are left out from the first bad one on.
    public init(_ operation: Operation) {
        number = operation.number
        action = operation.action
        time = operation.time
        position = operation.position
        isConsistentPoint = operation.isConsistentPoint
        context = operation.context
        table = operation.table
        key = OwnedOperation.values(operation.key)
        old = OwnedOperation.values(operation.old)
        new = OwnedOperation.values(operation.new)
        size = operation.key.count + operation.old.count + operation.new.count
    }

    private static func values(_ bytes: UnsafeRawBufferPointer) -> [Value] {
        var cursor = ValueCursor(bytes)
        var values: [Value] = []
        while let value = cursor.next() { values.append(value.owned) }
        return values
    }

    /// The key as people see and type it: values joined by ", ", blobs as x'…'.
    public func keyText(_ encoding: TextEncoding) -> String {
        var bytes = ValueBuffer()
        for value in key { bytes.append(value) }
        return bytes.bytes.withUnsafeBytes { KeyText.text(of: $0, encoding: encoding) }
    }
}
