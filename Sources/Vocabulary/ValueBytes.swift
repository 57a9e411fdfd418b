// Writing and reading the byte form of Value.swift. Reading never trusts a length: bytes come from files.

/// A growing byte buffer that values are appended to; reused between rows, so that a row costs no allocation.
public struct ValueBuffer: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    public mutating func appendNull() { bytes.append(ValueTag.null) }
    public mutating func appendSame() { bytes.append(ValueTag.same) }

    public mutating func append(integer: Int64) {
        bytes.append(ValueTag.integer)
        appendVarint(UInt64(bitPattern: (integer << 1) ^ (integer >> 63)))
    }

    public mutating func append(real: Double) {
        bytes.append(ValueTag.real)
        withUnsafeBytes(of: real.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
    }

    public mutating func append(text: UnsafeRawBufferPointer) {
        bytes.append(ValueTag.text)
        appendVarint(UInt64(text.count))
        bytes.append(contentsOf: text)
    }

    public mutating func append(blob: UnsafeRawBufferPointer) {
        bytes.append(ValueTag.blob)
        appendVarint(UInt64(blob.count))
        bytes.append(contentsOf: blob)
    }

    /// Appends values that are already in byte form.
    public mutating func append(encoded: UnsafeRawBufferPointer) { bytes.append(contentsOf: encoded) }

    public mutating func append(_ value: Value) {
        switch value {
        case .null: appendNull()
        case .same: appendSame()
        case .integer(let x): append(integer: x)
        case .real(let x): append(real: x)
        case .text(let x): x.withUnsafeBytes { append(text: $0) }
        case .blob(let x): x.withUnsafeBytes { append(blob: $0) }
        }
    }

    private mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// One value seen in place: text and blob point into the bytes that are being read and live as long as they do.
public enum ValueView {
    case null
    case integer(Int64)
    case real(Double)
    case text(UnsafeRawBufferPointer)
    case blob(UnsafeRawBufferPointer)
    case same

    public var owned: Value {
        switch self {
        case .null: .null
        case .integer(let x): .integer(x)
        case .real(let x): .real(x)
        case .text(let x): .text(Array(x))
        case .blob(let x): .blob(Array(x))
        case .same: .same
        }
    }
}

/// Walks over encoded values. Malformed or truncated bytes end the walk with `isDamaged` set; nothing is read out of range.
public struct ValueCursor {
    @usableFromInline let base: UnsafeRawBufferPointer
    public var offset: Int
    public var isDamaged = false

    @inlinable public init(_ bytes: UnsafeRawBufferPointer) {
        base = bytes
        offset = 0
    }

    @inlinable public var isAtEnd: Bool { offset >= base.count }

    /// The next value, or nil at the end and on damage.
    @inlinable public mutating func next() -> ValueView? {
        guard offset < base.count, !isDamaged else { return nil }
        let tag = base[offset]
        offset += 1
        switch tag {
        case ValueTag.null: return .null
        case ValueTag.same: return .same
        case ValueTag.integer:
            guard let raw = varint() else { return nil }
            return .integer(Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1))
        case ValueTag.real:
            guard base.count - offset >= 8 else { return damaged() }
            let bits = UInt64(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
            return .real(Double(bitPattern: bits))
        case ValueTag.text, ValueTag.blob:
            guard let length = varint() else { return nil }
            guard length <= UInt64(base.count - offset) else { return damaged() }
            let body = UnsafeRawBufferPointer(rebasing: base[offset..<offset + Int(length)])
            offset += Int(length)
            return tag == ValueTag.text ? .text(body) : .blob(body)
        default: return damaged()
        }
    }

    /// All remaining values; nil when the bytes are damaged.
    public mutating func rest() -> [Value]? {
        var values: [Value] = []
        while let value = next() { values.append(value.owned) }
        return isDamaged ? nil : values
    }

    @inlinable mutating func damaged() -> ValueView? {
        isDamaged = true
        return nil
    }

    @inlinable mutating func varint() -> UInt64? {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while offset < base.count {
            let byte = base[offset]
            offset += 1
            guard shift < 63 || byte <= 1 else { break }
            result |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        isDamaged = true
        return nil
    }
}
