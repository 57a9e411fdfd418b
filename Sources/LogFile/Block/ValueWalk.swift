// Quick steps over the byte form of values, for the hot paths that need no value.

import Vocabulary

enum ValueWalk {
    /// How many values these bytes hold; nil when they are malformed. Integers in a longer form than needed count as
    /// malformed too, so that a column gives back the very same bytes.
    @inline(__always) static func count(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var count = 0
        var offset = 0
        let end = bytes.count
        guard let base = bytes.baseAddress else { return 0 }
        while offset < end {
            let tag = base.load(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            switch tag {
            case ValueTag.null, ValueTag.same: break
            case ValueTag.integer:
                guard varint(base, &offset, end) != nil else { return nil }
            case ValueTag.real:
                offset += 8
                guard offset <= end else { return nil }
            case ValueTag.text, ValueTag.blob:
                guard let length = varint(base, &offset, end), length <= UInt64(end - offset) else { return nil }
                offset += Int(length)
            default: return nil
            }
            count += 1
        }
        return count
    }

    /// A varint in its shortest form, or nil.
    @inline(__always) static func varint(_ base: UnsafeRawPointer, _ offset: inout Int, _ end: Int) -> UInt64? {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            if shift == 63 && byte > 1 { return nil }
            result |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return byte == 0 && shift > 0 ? nil : result }
            shift += 7
        }
        return nil
    }
}
