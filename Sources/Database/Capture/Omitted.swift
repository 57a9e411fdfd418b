// Values that an image leaves out because the update did not change them, and where they are instead.

import Vocabulary

/// Where the omitted values of one image are.
struct Omitted {
    /// Nobody knows the value.
    static let unknown = -1

    /// The value is in a column of what the key became after the round.
    static func inTail(_ column: Int) -> Int { -2 - column }

    /// One place for each omission, in the order of columns: an offset into `base`, `unknown` or `inTail`.
    var places: ArraySlice<Int>
    var base = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The complete image that `inTail` refers to; nil when there is none.
    var tail: UnsafeRawBufferPointer?

    /// The value that stands for the omission of this ordinal, in byte form.
    func value(_ ordinal: Int) -> UnsafeRawBufferPointer? {
        let at = places.startIndex + ordinal
        guard at < places.endIndex, places[at] != Self.unknown else { return nil }
        if places[at] >= 0 { return Self.value(UnsafeRawBufferPointer(rebasing: base[places[at]...]), 0) }
        return tail.flatMap { Self.value($0, -2 - places[at]) }
    }

    private static func value(_ bytes: UnsafeRawBufferPointer, _ column: Int) -> UnsafeRawBufferPointer? {
        var cursor = ValueCursor(bytes)
        for _ in 0..<column { _ = cursor.next() }
        let start = cursor.offset
        guard cursor.next() != nil else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<cursor.offset])
    }

    var needsTail: Bool { places.contains { $0 < Self.unknown } }
}
