import FoundationEssentials
import Testing

@testable import Engine

/// A zone by its name, from the system's own tables.
private func zone(_ name: String) throws -> Zone {
    let zone = try #require(TimeZone(identifier: name))
    return Zone { Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0)))) }
}

private func instant(_ text: String) throws -> Int64 { try Timestamp.parse(text) }

/// `2026-11-21T21:00+01:00`: an instant as the clocks of a zone show it.
private func text(_ instant: Int64, _ zone: Zone) -> String {
    let offset = zone.offset(instant / 1000)
    let local = Timestamp.utc(instant + offset * 1000).prefix(16)
    let minutes = abs(offset) / 60
    return "\(local)\(offset < 0 ? "-" : "+")\(Application.padded(Int(minutes / 60), width: 2)):\(Application.padded(Int(minutes % 60), width: 2))"
}

private let at2130 = 21 * 3600 + 1800
private let at0230 = 2 * 3600 + 1800

@Suite("Schedules")
struct ScheduleTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var schedule: Schedule
        var zone: String
        var after: String
        var runs: [String]
        var testDescription: String { "\(schedule.words), \(zone), after \(after)" }
    }

    static let ordinary: [Row] = [
        Row(schedule: .daily(every: 1, at: at2130), zone: "UTC", after: "2026-11-21T21:29:59.999Z", runs: [
            "2026-11-21T21:30+00:00", "2026-11-22T21:30+00:00",
        ]),
        // The instant itself is over.
        Row(schedule: .daily(every: 1, at: at2130), zone: "UTC", after: "2026-11-21T21:30:00Z", runs: ["2026-11-22T21:30+00:00"]),
        Row(schedule: .daily(every: 2, at: 0), zone: "UTC", after: "2000-12-31T12:00:00Z", runs: [
            "2001-01-01T00:00+00:00", "2001-01-03T00:00+00:00", "2001-01-05T00:00+00:00",
        ]),
        Row(schedule: .daily(every: 1, at: 0), zone: "Europe/Berlin", after: "2026-12-31T22:59:00Z", runs: ["2027-01-01T00:00+01:00"]),
        Row(schedule: .hourly(every: 6, startingAt: 1800), zone: "UTC", after: "2026-11-21T00:00:00Z", runs: [
            "2026-11-21T00:30+00:00", "2026-11-21T06:30+00:00", "2026-11-21T12:30+00:00", "2026-11-21T18:30+00:00", "2026-11-22T00:30+00:00",
        ]),
        // A period that does not divide the day begins anew with the day's first time.
        Row(schedule: .hourly(every: 5, startingAt: 21 * 3600), zone: "UTC", after: "2026-11-21T20:00:00Z", runs: [
            "2026-11-21T21:00+00:00", "2026-11-22T02:00+00:00", "2026-11-22T07:00+00:00", "2026-11-22T12:00+00:00",
            "2026-11-22T17:00+00:00", "2026-11-22T21:00+00:00",
        ]),
        Row(schedule: .hourly(every: 24, startingAt: 3600), zone: "UTC", after: "2026-11-21T01:00:00Z", runs: ["2026-11-22T01:00+00:00"]),
        Row(schedule: .weekly(every: 1, on: [.monday: 3600, .friday: at2130]), zone: "America/New_York", after: "2026-11-21T12:00:00Z", runs: [
            "2026-11-23T01:00-05:00", "2026-11-27T21:30-05:00", "2026-11-30T01:00-05:00",
        ]),
        Row(schedule: .weekly(every: 2, on: [.sunday: 0]), zone: "UTC", after: "2001-01-01T00:00:00Z", runs: [
            "2001-01-07T00:00+00:00", "2001-01-21T00:00+00:00", "2001-02-04T00:00+00:00",
        ]),
        Row(schedule: .weekly(every: 52, on: [.monday: 0, .sunday: 0]), zone: "UTC", after: "2001-01-08T00:00:00Z", runs: [
            "2001-12-31T00:00+00:00", "2002-01-06T00:00+00:00", "2002-12-30T00:00+00:00",
        ]),
        // Month ends and leap years.
        Row(schedule: .monthly(every: 1, day: 31, at: at2130), zone: "UTC", after: "2026-12-31T21:30:00Z", runs: [
            "2027-01-31T21:30+00:00", "2027-02-28T21:30+00:00", "2027-03-31T21:30+00:00", "2027-04-30T21:30+00:00",
        ]),
        Row(schedule: .monthly(every: 1, day: 30, at: 0), zone: "UTC", after: "2028-01-31T00:00:00Z", runs: [
            "2028-02-29T00:00+00:00", "2028-03-30T00:00+00:00",
        ]),
        Row(schedule: .monthly(every: 12, day: 31, at: 0), zone: "UTC", after: "2026-02-01T00:00:00Z", runs: [
            "2027-01-31T00:00+00:00", "2028-01-31T00:00+00:00",
        ]),
        Row(schedule: .monthly(every: 3, day: 1, at: 0), zone: "UTC", after: "2026-11-21T00:00:00Z", runs: [
            "2027-01-01T00:00+00:00", "2027-04-01T00:00+00:00", "2027-07-01T00:00+00:00", "2027-10-01T00:00+00:00",
        ]),
        Row(schedule: .monthly(every: 1, day: 29, at: 0), zone: "UTC", after: "2100-02-01T00:00:00Z", runs: [
            "2100-02-28T00:00+00:00", "2100-03-29T00:00+00:00",
        ]),
        Row(schedule: .daily(every: 1, at: 0), zone: "UTC", after: "2400-02-28T12:00:00Z", runs: [
            "2400-02-29T00:00+00:00", "2400-03-01T00:00+00:00",
        ]),
    ]

    static let changes: [Row] = [
        // Berlin: 2026-03-29 02:00 becomes 03:00, 2026-10-25 03:00 becomes 02:00.
        Row(schedule: .daily(every: 1, at: at0230), zone: "Europe/Berlin", after: "2026-03-28T00:00:00Z", runs: [
            "2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00",
        ]),
        Row(schedule: .daily(every: 1, at: at0230), zone: "Europe/Berlin", after: "2026-10-24T12:00:00Z", runs: [
            "2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00",
        ]),
        Row(schedule: .daily(every: 1, at: at2130), zone: "Europe/Berlin", after: "2026-03-28T12:00:00Z", runs: [
            "2026-03-28T21:30+01:00", "2026-03-29T21:30+02:00",
        ]),
        Row(schedule: .hourly(every: 1, startingAt: 0), zone: "Europe/Berlin", after: "2026-03-29T00:00:00Z", runs: [
            "2026-03-29T03:00+02:00", "2026-03-29T04:00+02:00",
        ]),
        Row(schedule: .hourly(every: 1, startingAt: 0), zone: "Europe/Berlin", after: "2026-10-24T23:00:00Z", runs: [
            "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00",
        ]),
        // A longer period stays on the clock, and runs once.
        Row(schedule: .hourly(every: 2, startingAt: 0), zone: "Europe/Berlin", after: "2026-10-24T22:00:00Z", runs: [
            "2026-10-25T02:00+02:00", "2026-10-25T04:00+01:00",
        ]),
        // New York: 2026-03-08 02:00 becomes 03:00, 2026-11-01 02:00 becomes 01:00.
        Row(schedule: .weekly(every: 1, on: [.sunday: at0230]), zone: "America/New_York", after: "2026-03-02T12:00:00Z", runs: [
            "2026-03-08T03:00-04:00", "2026-03-15T02:30-04:00",
        ]),
        Row(schedule: .daily(every: 1, at: 5400), zone: "America/New_York", after: "2026-10-31T12:00:00Z", runs: [
            "2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00",
        ]),
        // Between the two: the day's run is over.
        Row(schedule: .daily(every: 1, at: 5400), zone: "America/New_York", after: "2026-11-01T05:30:00Z", runs: ["2026-11-02T01:30-05:00"]),
        // Lord Howe, by half an hour: 2026-04-05 02:00 becomes 01:30, 2026-10-04 02:00 becomes 02:30.
        Row(schedule: .daily(every: 1, at: 6300), zone: "Australia/Lord_Howe", after: "2026-04-04T00:00:00Z", runs: [
            "2026-04-05T01:45+11:00", "2026-04-06T01:45+10:30",
        ]),
        Row(schedule: .daily(every: 1, at: 8100), zone: "Australia/Lord_Howe", after: "2026-10-02T20:00:00Z", runs: [
            "2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00",
        ]),
        Row(schedule: .hourly(every: 1, startingAt: 2700), zone: "Australia/Lord_Howe", after: "2026-04-04T14:00:00Z", runs: [
            "2026-04-05T01:45+11:00", "2026-04-05T02:45+10:30",
        ]),
        // Apia skipped the whole of 2011-12-30.
        Row(schedule: .daily(every: 1, at: at2130), zone: "Pacific/Apia", after: "2011-12-29T20:00:00Z", runs: [
            "2011-12-29T21:30-10:00", "2011-12-31T00:00+14:00", "2011-12-31T21:30+14:00",
        ]),
        Row(schedule: .monthly(every: 1, day: 31, at: at0230), zone: "Europe/Berlin", after: "2024-03-01T00:00:00Z", runs: ["2024-03-31T03:00+02:00"]),
    ]

    @Test("the runs of a schedule, written out", arguments: ordinary + changes)
    func table(row: Row) throws {
        let zone = try zone(row.zone)
        var now = try instant(row.after)
        for expected in row.runs {
            let next = try #require(row.schedule.next(after: now, in: zone))
            #expect(text(next, zone) == expected)
            #expect(row.schedule.last(atOrBefore: next, in: zone) == next)
            #expect(row.schedule.last(atOrBefore: next - 1, in: zone).map { $0 < next } == true)
            now = next
        }
    }

    @Test("a missed run is the newest one that is due since the last")
    func missed() throws {
        let schedule = Schedule.daily(every: 1, at: at2130)
        let zone = try zone("Europe/Berlin")
        let last = try instant("2026-11-20T20:30:00Z")
        #expect(schedule.missed(since: last, now: try instant("2026-11-21T20:29:59Z"), in: zone) == nil)
        #expect(schedule.missed(since: last, now: try instant("2026-11-21T20:30:00Z"), in: zone) == (try instant("2026-11-21T20:30:00Z")))
        #expect(schedule.missed(since: last, now: try instant("2026-11-30T20:00:00Z"), in: zone) == (try instant("2026-11-29T20:30:00Z")))
        // A clock that was set back, and no schedule at all.
        #expect(schedule.missed(since: last, now: last - 1_000_000_000, in: zone) == nil)
        #expect(Schedule.never.missed(since: 0, now: last, in: zone) == nil)
    }

    @Test("without a day or a period there is no run, and no time is too early or too late to be asked for")
    func bounds() throws {
        #expect(Schedule.never.next(after: 0, in: .utc) == nil)
        #expect(Schedule.weekly(every: 1, on: [:]).next(after: 0, in: .utc) == nil)
        for schedule in [Schedule.daily(every: 999, at: 0), .monthly(every: 999, day: 31, at: 0), .weekly(every: 999, on: [.sunday: 1])] {
            for instant in [Int64.min, -1, 0, 4_102_444_800_000, .max] {
                #expect(schedule.next(after: instant, in: .utc) != nil)
                #expect(schedule.last(atOrBefore: instant, in: .utc) != nil)
            }
        }
    }

    @Test("over decades every run follows the one before, stands at its time of day, and is found again from both sides",
        arguments: ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
    func decades(name: String) throws {
        let zone = try zone(name)
        var random = SystemRandomNumberGenerator()
        let first = try instant("1995-01-01T00:00:00Z")
        for _ in 0..<60 {
            let time = Int.random(in: 0..<86_400, using: &random)
            let (schedule, mostDays): (Schedule, Int64) =
                switch Int.random(in: 0..<4, using: &random) {
                case 0: (.hourly(every: Int.random(in: 1...24, using: &random), startingAt: time), 1)
                case 1:
                    { (.daily(every: $0, at: time), Int64($0)) }(Int.random(in: 1...40, using: &random))
                case 2:
                    { (.weekly(every: $0, on: [.tuesday: time, .saturday: 86_399 - time]), Int64($0 * 7)) }(Int.random(in: 1...9, using: &random))
                default:
                    { (.monthly(every: $0, day: Int.random(in: 1...31, using: &random), at: time), Int64($0 * 31 + 3)) }(
                        Int.random(in: 1...24, using: &random))
                }
            var now = first + Int64.random(in: 0...1_300_000_000, using: &random) * 1000
            for _ in 0..<25 {
                let next = try #require(schedule.next(after: now, in: zone))
                let about = Comment(rawValue: "\(schedule.words) in \(name) after \(Timestamp.utc(now))")
                #expect(next > now && next - now <= (mostDays * 24 + 26) * 3_600_000, about)
                #expect(schedule.next(after: next - 1, in: zone) == next, about)
                #expect(schedule.last(atOrBefore: next, in: zone) == next, about)
                let middle = now + Int64.random(in: 0..<(next - now), using: &random)
                #expect(schedule.next(after: middle, in: zone) == next, about)
                now = next
            }
        }
    }

    @Test("the system's zone is the one in which lists write times")
    func systemZone() {
        for instant in stride(from: Int64(0), to: 2_000_000_000, by: 86_400 * 30) {
            let local = Timestamp.utc((instant + Zone.system.offset(instant)) * 1000)
            #expect(local.prefix(19).map { $0 == "T" ? " " : $0 } == Array(Timestamp.local(instant * 1000)))
        }
    }

    @Test("days and dates lead to each other for 800 years")
    func dates() {
        for day in stride(from: Int64(-146_097), through: 146_097, by: 17) {
            let date = CivilDate(dayNumber: day)
            #expect(CivilDate.dayNumber(month: date.monthNumber, day: date.day) == day)
        }
        #expect(CivilDate(dayNumber: 0).year == 2001 && CivilDate(dayNumber: 0).month == 1 && CivilDate(dayNumber: 0).day == 1)
        #expect(CivilDate(dayNumber: -1).year == 2000 && CivilDate(dayNumber: -1).day == 31)
    }
}

@Suite("Schedules in the settings")
struct SchedulerSettingsTests {
    @Test("4D's keys make a schedule", arguments: [
        ("<Frequency>Never</Frequency>", "never"), ("<Frequency/>", "never"), ("", "never"),
        ("<Frequency>Hourly</Frequency>", "every 12 hours from 00:00"),
        ("<Frequency>Daily</Frequency><Daily><Every>1</Every><Hour>0000-00-00T21:00:00</Hour></Daily>", "every day at 21:00"),
        ("<Frequency>Weekly</Frequency>", "every week on Sunday at 00:00"),
        (
            "<Frequency>Weekly</Frequency><Weekly><Every>2</Every><Sunday><Save>False</Save></Sunday><Monday><Save>True</Save><Hour>0000-00-00T21:00:00</Hour></Monday><Friday><Save>True</Save><Hour>0000-00-00T22:30:15</Hour></Friday></Weekly>",
            "every 2 weeks on Monday at 21:00 and Friday at 22:30:15"
        ),
        ("<Frequency>Weekly</Frequency><Weekly><Sunday><Save>False</Save></Sunday></Weekly>", "never: no day of the week is chosen"),
        ("<Frequency>Monthly</Frequency><Monthly><Day>31</Day></Monthly>", "every month on day 31 at 00:00"),
    ])
    func keys(xml: String, words: String) throws {
        let scratch = try ScratchApplication()
        try scratch.application.createFolders()
        try scratch.write(
            "<Preferences4D xmlns=\"http://www.4d.com/namespace/reserved/2004/backup\"><Backup><Settings><Scheduler>\(xml)</Scheduler></Settings></Backup></Preferences4D>",
            to: "SampleDB.msc/Settings/Backup.4DSettings")
        #expect(try BackupSettings.read(scratch.application).schedule.words == words)
    }
}
