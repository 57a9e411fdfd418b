// The settings of automatic backup as the file holds them: every period keeps its values while another one is chosen.

/// The part `Scheduler` of the settings.
public struct SchedulerSettings: Sendable, Equatable {
    public enum Frequency: String, Sendable, CaseIterable {
        case never = "Never"
        case hourly = "Hourly"
        case daily = "Daily"
        case weekly = "Weekly"
        case monthly = "Monthly"
    }

    /// A day of the week.
    public struct Day: Sendable, Equatable {
        public var isActive = false
        /// Seconds since midnight.
        public var time = 0
    }

    /// Which of the periods counts.
    public var frequency = Frequency.never
    public var hours = 12
    public var hoursStart = 0
    public var days = 1
    public var daysTime = 0
    public var weeks = 1
    public var monday = Day()
    public var tuesday = Day()
    public var wednesday = Day()
    public var thursday = Day()
    public var friday = Day()
    public var saturday = Day()
    public var sunday = Day(isActive: true)
    public var months = 1
    public var monthsDay = 1
    public var monthsTime = 0

    public init() {}

    public var schedule: Schedule {
        switch frequency {
        case .never: .never
        case .hourly: .hourly(every: hours, startingAt: hoursStart)
        case .daily: .daily(every: days, at: daysTime)
        case .weekly:
            .weekly(
                every: weeks,
                on: Dictionary(
                    uniqueKeysWithValues: zip(
                        Schedule.Weekday.allCases, [monday, tuesday, wednesday, thursday, friday, saturday, sunday]
                    ).filter { $0.1.isActive }.map { ($0, $1.time) }))
        case .monthly: .monthly(every: months, day: monthsDay, at: monthsTime)
        }
    }
}
