import TerminalKit
import Testing

@Suite struct ThermometerTests {
    private func reading() -> ThermometerReading {
        ThermometerReading(
            title: "Backup", phase: "Copying the data file", subject: "/srv/app/App.db", done: 310_000_000, total: 500_000_000,
            rate: 98_200_000, left: .seconds(2), elapsed: .seconds(3))
    }

    @Test func itSaysWhatHowFarHowFastAndHowLong() {
        var frame = Frame(columns: 80, rows: 24)
        Thermometer().render(reading(), into: &frame, frame.rect)
        #expect(Array(frame.lines[6...16]) == [
            "        ┌─ Backup ─────────────────────────────────────────────────────┐",
            "        │ Copying the data file                                        │",
            "        │ /srv/app/App.db                                              │",
            "        │                                                              │",
            "        │ █████████████████████████████████░░░░░░░░░░░░░░░░░░░░░  62 % │",
            "        │ 310.0 MB of 500.0 MB   98.2 MB/s                             │",
            "        │ Elapsed 3 s   left 2 s                                       │",
            "        │                                                              │",
            "        │                                                              │",
            "        │                         [>Stop (s)<]                         │",
            "        └──────────────────────────────────────────────────────────────┘",
        ])
    }

    @Test func silenceStoppingAndOtherProcessesAreSaid() {
        func lines(_ change: (inout ThermometerReading) -> Void) -> String {
            var reading = reading()
            change(&reading)
            var frame = Frame(columns: 80, rows: 24)
            Thermometer().render(reading, into: &frame, frame.rect)
            return frame.text
        }
        #expect(lines { $0.silence = .seconds(4) }.contains("sign of life") == false)
        #expect(lines { $0.silence = .seconds(65) }.contains("! Last sign of life 1 min 05 s ago"))
        #expect(lines { $0.state = .stopping }.contains("Stopping: finishing the current step"))
        #expect(lines { $0.state = .elsewhere("msc backup, process 4711") }.contains("Runs in msc backup, process 4711"))
        #expect(lines { $0.total = 0; $0.unit = .things("operations") }.contains("310 000 000 operations   98 200 000 operations/s"))
        #expect(lines { $0.rate = .infinity }.contains("B/s") == false)
    }

    @Test func stopIsOneKeyAwayAndOnlyOnce() {
        let screen = Rect(column: 0, row: 0, columns: 80, rows: 24)
        let thermometer = Thermometer()
        for key in [Key("s"), .enter, .escape, " "] { #expect(thermometer.handle(.key(key), reading(), in: screen) == .chosen(.stop)) }
        #expect(thermometer.handle(.mouse(MouseEvent(.left, at: Point(column: 38, row: 15))), reading(), in: screen) == .chosen(.stop))
        #expect(thermometer.handle(.mouse(MouseEvent(.left, at: Point(column: 3, row: 15))), reading(), in: screen) == .ignored)
        #expect(thermometer.handle(.key(.down), reading(), in: screen) == .ignored)
        var stopping = reading()
        stopping.state = .stopping
        #expect(thermometer.handle(.key("s"), stopping, in: screen) == .handled)
    }

    @Test func theRateFollowsTheLastSecondsAndFallsWhenNothingComes() {
        var meter = RateMeter()
        #expect(meter.rate(done: 0, at: .zero) == nil)
        for second in 0...30 { meter.note(done: UInt64(second * 100), at: .seconds(second)) }
        #expect(meter.rate(done: 3000, at: .seconds(30)) == 100)
        #expect(meter.remaining(done: 3000, total: 4000, at: .seconds(30)) == .seconds(10))
        let later = meter.rate(done: 3000, at: .seconds(60)) ?? 0
        #expect(later < 50)
        // Another phase begins at zero.
        meter.note(done: 0, at: .seconds(61))
        #expect(meter.rate(done: 0, at: .seconds(61)) == nil)
        #expect(meter.remaining(done: 0, total: 10, at: .seconds(63)) == nil)
    }

    @Test func theRateLooksBackAsFarHoweverOftenItIsTold() {
        var meter = RateMeter()
        for step in 0...500 { meter.note(done: step < 490 ? 0 : 1000, at: .milliseconds(step * 10)) }
        let rate = meter.rate(done: 1000, at: .seconds(5)) ?? 0
        #expect(rate > 150 && rate < 300, "\(rate)")
    }
}
