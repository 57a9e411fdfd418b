// A schedule as people read it.

extension Schedule {
    /// "never", "every hour from 00:00", "every day at 21:00", "every 2 weeks on Monday at 21:00 and Friday at 22:30",
    /// "every month on day 31 at 02:00".
    public var words: String {
        switch self {
        case .never: return "never"
        case .hourly(let every, let start): return "\(Schedule.period(every, "hour")) from \(Schedule.clock(start))"
        case .daily(let every, let time): return "\(Schedule.period(every, "day")) at \(Schedule.clock(time))"
        case .weekly(let every, let times):
            if times.isEmpty { return "never: no day of the week is chosen" }
            let days = Weekday.allCases.compactMap { day in times[day].map { "\(day.name) at \(Schedule.clock($0))" } }
            let list = days.count < 2 ? days.joined() : days.dropLast().joined(separator: ", ") + " and " + days[days.count - 1]
            return "\(Schedule.period(every, "week")) on \(list)"
        case .monthly(let every, let day, let time):
            return "\(Schedule.period(every, "month")) on day \(day) at \(Schedule.clock(time))"
        }
    }

    private static func period(_ every: Int, _ unit: String) -> String { every == 1 ? "every \(unit)" : "every \(every) \(unit)s" }

    /// `21:00`, with seconds only where there are any.
    static func clock(_ time: TimeOfDay) -> String {
        let parts = time % 60 == 0 ? [time / 3600, time / 60 % 60] : [time / 3600, time / 60 % 60, time % 60]
        return parts.map { Application.padded($0, width: 2) }.joined(separator: ":")
    }
}

extension Schedule.Weekday {
    /// As the settings file writes it: "Monday".
    public var name: String {
        switch self {
        case .monday: "Monday"
        case .tuesday: "Tuesday"
        case .wednesday: "Wednesday"
        case .thursday: "Thursday"
        case .friday: "Friday"
        case .saturday: "Saturday"
        case .sunday: "Sunday"
        }
    }
}
