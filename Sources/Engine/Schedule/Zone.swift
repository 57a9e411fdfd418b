// Local time as schedules need it: the offset from UTC at an instant, and from it the instants of a local time. One
// function is all a zone is, so that tests can be in any zone while the program is in the system's.

import Glibc

/// A time zone.
public struct Zone: Sendable {
    /// Seconds to add to UTC at an instant, given in seconds since 1970-01-01 UTC.
    public let offset: @Sendable (_ instant: Int64) -> Int64

    public init(offset: @escaping @Sendable (_ instant: Int64) -> Int64) { self.offset = offset }

    public static let utc = Zone { _ in 0 }

    /// The zone of this process, the one in which `Timestamp.local` writes.
    public static let system = Zone { instant in
        var seconds = time_t(instant)
        var parts = tm()
        return localtime_r(&seconds, &parts) == nil ? 0 : Int64(parts.tm_gmtoff)
    }
}

extension Zone {
    /// The instants at which clocks show a local time, earliest first: usually one; two in the hour that is repeated when
    /// clocks are set back. For a time that is skipped when clocks are set forward: the first instant after the gap.
    /// - Parameter local: seconds since 1970-01-01 on the local clock.
    func instants(of local: Int64) -> [Int64] {
        // No zone is further from UTC than this, and no two changes of an offset are that close to each other.
        let reach: Int64 = 36 * 3600
        let before = offset(local - reach)
        let after = offset(local + reach)
        let found = Set([before, after]).map { local - $0 }.filter { offset($0) == local - $0 }.sorted()
        if !found.isEmpty { return found }
        // The gap: the change lies after `low` and not after `high`.
        var low = local - max(before, after)
        var high = local - min(before, after)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if offset(middle) == before { low = middle } else { high = middle }
        }
        return [high]
    }
}
