// The plain layout: one large operation as it is, so that its values can be read in place.

import Vocabulary

enum PlainOperation {
    static func appendPrefix(of operation: Operation, to bytes: inout Bytes) {
        bytes.append(byte: operation.action.rawValue)
        bytes.append(byte: operation.isConsistentPoint ? 1 : 0)
        bytes.append(number: UInt16(0))
        bytes.append(number: operation.table)
        bytes.append(number: operation.context)
        bytes.append(number: UInt32(operation.key.count))
        bytes.append(number: UInt32(operation.old.count))
        bytes.append(number: UInt32(operation.new.count))
    }

    /// The operation whose values stay in `payload`; nil when the payload is malformed.
    static func read(_ payload: UnsafeRawBufferPointer, _ summary: BlockSummary) -> Operation? {
        var reader = BytesReader(payload)
        guard let action = Action(rawValue: reader.number()) else { return nil }
        let isConsistent = reader.number(UInt8.self) & 1 != 0
        _ = reader.number(UInt16.self)
        let table = reader.number(UInt32.self)
        let context = reader.number(UInt32.self)
        let key = Int(reader.number(UInt32.self))
        let old = Int(reader.number(UInt32.self))
        let new = Int(reader.number(UInt32.self))
        let keyBytes = reader.bytes(key)
        let oldBytes = reader.bytes(old)
        let newBytes = reader.bytes(new)
        guard !reader.isDamaged, reader.remaining == 0 else { return nil }
        return Operation(
            number: summary.firstOperation, action: action, time: summary.earliest, position: summary.firstPosition,
            isConsistentPoint: isConsistent, context: context, table: table, key: keyBytes, old: oldBytes, new: newBytes)
    }

    /// The largest sum of key, old and new image that a block can hold: deflate may make incompressible bytes a little longer.
    static let maximumSize = LogFormat.maximumLargePayload - (16 << 20)
}
