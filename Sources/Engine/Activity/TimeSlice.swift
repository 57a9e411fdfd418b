// Long readings for pages are cut into slices, so that what the person looks at next never waits for them.

/// A short time to work in.
public struct TimeSlice: Sendable {
    private let now: @Sendable () -> Int64
    private let end: Int64

    public init(_ surroundings: Surroundings, milliseconds: Int64) {
        now = surroundings.now
        end = surroundings.now() + milliseconds
    }

    public var isOver: Bool { time >= end }
    var time: Int64 { now() }
}

/// How far a walk goes before it looks at the clock: further while it is quick, less when operations are large.
struct Pace {
    static let firstSpan: UInt64 = 4096
    private static let spans: ClosedRange<UInt64> = 64...(1 << 17)

    private let slice: TimeSlice
    private var checked: Int64
    private(set) var span: UInt64

    init(_ slice: TimeSlice, span: UInt64 = Pace.firstSpan) {
        self.slice = slice
        self.span = span
        checked = slice.time
    }

    func end(from number: UInt64) -> UInt64 { number.addingReportingOverflow(span - 1).overflow ? .max : number + span - 1 }
    func end(downFrom number: UInt64) -> UInt64 { number - min(number, span - 1) }

    mutating func adapt() {
        let time = slice.time
        if time - checked < 5 { span = min(span * 2, Pace.spans.upperBound) }
        if time - checked > 20 { span = max(span / 2, Pace.spans.lowerBound) }
        checked = time
    }
}
