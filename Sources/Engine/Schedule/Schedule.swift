// When automatic backups run: values and arithmetic, without a clock of their own. Local time is what people mean by
// "at 21:00": the rules for the days on which clocks change stand here and in Zone.swift.

/// A plan of instants.
///
/// Periods of more than one day, week or month are counted from Monday, 2001-01-01: every third month is January, April,
/// July and October, whenever the program was started. A time that a day skips, because clocks are set forward, is the first
/// instant after the gap; one that a day has twice is the first of the two.
public enum Schedule: Sendable, Equatable {
    case never
    /// Each day at `startingAt` and every so many hours after it, until the series begins again. Of an hour that clocks
    /// show twice, the second counts when the period has passed: every hour runs in both.
    case hourly(every: Int, startingAt: TimeOfDay)
    case daily(every: Int, at: TimeOfDay)
    /// On these days of the week, each at its own time.
    case weekly(every: Int, on: [Weekday: TimeOfDay])
    /// On a day of the month; of a shorter month the last day.
    case monthly(every: Int, day: Int, at: TimeOfDay)

    /// Seconds since midnight on the local clock: 0 to 86,399.
    public typealias TimeOfDay = Int

    /// Monday is 0.
    public enum Weekday: Int, Sendable, CaseIterable, Hashable {
        case monday, tuesday, wednesday, thursday, friday, saturday, sunday
    }
}

extension Schedule {
    /// The first run after an instant; nil when there is none.
    /// - Parameter instant: milliseconds since 1970-01-01 UTC.
    public func next(after instant: Int64, in zone: Zone) -> Int64? {
        let seconds = Schedule.seconds(instant)
        // The day before: its series of hours reaches into this one, and where a whole day is skipped its run does.
        var day = Schedule.day(seconds, zone) - 2
        for _ in 0..<Schedule.mostDays {
            guard let candidate = candidate(.later, from: day) else { return nil }
            if let found = runs(on: candidate, zone).first(where: { $0 > seconds }) { return found * 1000 }
            day = candidate + 1
        }
        return nil
    }

    /// The last run at or before an instant; nil when there is none.
    public func last(atOrBefore instant: Int64, in zone: Zone) -> Int64? {
        let seconds = Schedule.seconds(instant)
        var day = Schedule.day(seconds, zone) + 2
        for _ in 0..<Schedule.mostDays {
            guard let candidate = candidate(.earlier, from: day) else { return nil }
            if let found = runs(on: candidate, zone).last(where: { $0 <= seconds }) { return found * 1000 }
            day = candidate - 1
        }
        return nil
    }

    /// The newest run after `last` that is due at `now`: nil when none was missed.
    /// - Parameters:
    ///   - last: when the schedule was last obeyed, in milliseconds since 1970-01-01 UTC.
    ///   - now: at this very instant counts.
    public func missed(since last: Int64, now: Int64, in zone: Zone) -> Int64? {
        self.last(atOrBefore: now, in: zone).flatMap { $0 > last ? $0 : nil }
    }

    /// Days on which a run can be looked for before one is found: the two before, the day itself, and one more.
    private static let mostDays = 8

    /// Whole seconds; far outside of any calendar the nearest that can be counted with.
    private static func seconds(_ milliseconds: Int64) -> Int64 {
        min(max(milliseconds, -62_000_000_000_000), 250_000_000_000_000).floored(by: 1000)
    }

    private static func day(_ seconds: Int64, _ zone: Zone) -> Int64 {
        (seconds + zone.offset(seconds) - CivilDate.epoch).floored(by: 86_400)
    }

    // MARK: Days

    /// Where to look from a number.
    private enum Direction {
        case later, earlier

        func next(_ number: Int64) -> Int64 { self == .later ? number + 1 : number - 1 }

        /// The nearest multiple of a period, the number itself counted.
        func multiple(of period: Int, from number: Int64) -> Int64 {
            let period = Int64(max(1, period))
            let before = number.floored(by: period) * period
            return self == .earlier || before == number ? before : before + period
        }
    }

    /// The nearest day that has runs, the day itself counted; nil when there is none.
    private func candidate(_ direction: Direction, from day: Int64) -> Int64? {
        switch self {
        case .never: return nil
        case .hourly: return day
        case .daily(let every, _): return direction.multiple(of: every, from: day)
        case .weekly(let every, let times):
            if times.isEmpty { return nil }
            var day = day
            // At most the rest of a week, and one active week in full.
            for _ in 0..<16 {
                let week = day.floored(by: 7)
                let active = direction.multiple(of: every, from: week)
                if active != week { day = active * 7 + (direction == .later ? 0 : 6) }
                if let weekday = Schedule.weekday(day), times[weekday] != nil { return day }
                day = direction.next(day)
            }
            // Untested: of the days that were looked at, seven in a row are an active week, and one of them has times.
            return nil
        case .monthly(let every, let dayOfMonth, _):
            let month = direction.multiple(of: every, from: CivilDate(dayNumber: day).monthNumber)
            let found = CivilDate.dayNumber(month: month, day: Int64(dayOfMonth))
            if direction == .later ? found >= day : found <= day { return found }
            // The month of the day itself is over, or has not come so far.
            return CivilDate.dayNumber(month: direction.multiple(of: every, from: direction.next(month)), day: Int64(dayOfMonth))
        }
    }

    private static func weekday(_ day: Int64) -> Weekday? { Weekday(rawValue: Int(day - day.floored(by: 7) * 7)) }

    // MARK: Times

    /// The runs that belong to a day, earliest first, in seconds.
    private func runs(on day: Int64, _ zone: Zone) -> [Int64] {
        let midnight = CivilDate.epoch + day * 86_400
        switch self {
        case .never: return []
        case .hourly(let every, let start):
            let period = Int64(max(1, every)) * 3600
            var runs: Set<Int64> = []
            for time in stride(from: midnight + Int64(start), to: midnight + Int64(start) + 86_400, by: Int(period)) {
                let instants = zone.instants(of: time)
                for instant in instants where instant == instants[0] || instant - instants[0] >= period { runs.insert(instant) }
            }
            return runs.sorted()
        case .daily(_, let time), .monthly(_, _, let time):
            return [zone.instants(of: midnight + Int64(time))[0]]
        case .weekly(_, let times):
            guard let weekday = Schedule.weekday(day), let time = times[weekday] else { return [] }
            return [zone.instants(of: midnight + Int64(time))[0]]
        }
    }
}
