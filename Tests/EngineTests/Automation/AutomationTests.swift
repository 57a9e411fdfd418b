import Database
import FileSystem
import Synchronization
import Testing
import Vocabulary

@testable import Engine

@Suite("The decisions of automatic backup")
struct AutomationTests {
    private static let nightly: BackupSettings = {
        var settings = BackupSettings()
        settings.scheduler.frequency = .daily
        settings.scheduler.daysTime = 21 * 3600
        return settings
    }()

    private static let hour: Int64 = 3_600_000
    private static let minute: Int64 = 60_000
    private static let failure = Failure(.archiveSaveFailed, "no space left", hint: "Make room.")

    /// Monday, 2026-11-23, 12:00 UTC.
    private static let noon: Int64 = 1_795_435_200_000
    /// The date of that day.
    private static let due = noon + 9 * hour

    private func decide(_ state: AutomationState, at now: Int64, _ settings: BackupSettings = nightly) -> Automation.Decision {
        Automation.decide(now: now, state: state, settings: settings, zone: .utc)
    }

    private func state(_ settings: BackupSettings = nightly) -> AutomationState {
        AutomationState(following: settings.schedule, since: AutomationTests.noon)
    }

    private typealias My = AutomationTests

    @Test("without a schedule nothing is done; before a date it is waited for; at it, and a little later, it is run")
    func ordinary() {
        #expect(decide(state(), at: My.noon, BackupSettings()) == .off)
        #expect(decide(state(), at: My.noon) == .wait(until: My.due))
        #expect(decide(state(), at: My.due - 1) == .wait(until: My.due))
        #expect(decide(state(), at: My.due) == .run(.scheduled(due: My.due)))
        #expect(decide(state(), at: My.due + Automation.grace) == .run(.scheduled(due: My.due)))
        var done = state()
        done.succeeded(start: My.due + 5)
        #expect(decide(done, at: My.due + My.minute) == .wait(until: My.due + 24 * My.hour))
    }

    @Test("a date missed while nobody was there is made up for at once, or left to the next one")
    func missed() {
        let late = My.due + 3 * My.hour
        #expect(decide(state(), at: late) == .run(.missed(due: My.due)))
        // Of several the newest, once.
        let later = My.due + 75 * My.hour
        #expect(decide(state(), at: later) == .run(.missed(due: My.due + 72 * My.hour)))
        var done = state()
        done.succeeded(start: later)
        #expect(decide(done, at: later + 1) == .wait(until: My.due + 96 * My.hour))
        var patient = My.nightly
        patient.retriesAtNextDate = true
        #expect(decide(state(), at: late, patient) == .passOver(due: My.due))
        var passed = state()
        passed.passed(now: late)
        #expect(decide(passed, at: late, patient) == .wait(until: My.due + 24 * My.hour))
    }

    @Test("a failed backup is tried again after the delay, until one succeeds")
    func again() {
        var state = state()
        state.failed(My.failure, now: My.due + My.minute, My.nightly)
        #expect(decide(state, at: My.due + 2 * My.minute) == .wait(until: My.due + 6 * My.minute))
        #expect(decide(state, at: My.due + 6 * My.minute) == .run(.again(failures: 1)))
        state.failed(My.failure, now: My.due + 7 * My.minute, My.nightly)
        #expect(decide(state, at: My.due + 12 * My.minute) == .run(.again(failures: 2)))
        // The delay may be longer than it is to the next date.
        var slow = My.nightly
        slow.retryDelay = 86_399
        #expect(decide(state, at: My.due + My.hour, slow) == .wait(until: My.due + 24 * My.hour))
        #expect(decide(state, at: My.due + 24 * My.hour, slow) == .run(.scheduled(due: My.due + 24 * My.hour)))
        state.succeeded(start: My.due + 12 * My.minute)
        #expect(decide(state, at: My.due + 13 * My.minute) == .wait(until: My.due + 24 * My.hour))
        #expect(state.failures == 0 && state.lastError == nil)
    }

    @Test("or at the next date, when the settings say so")
    func nextDate() {
        var patient = My.nightly
        patient.retriesAtNextDate = true
        var state = state(patient)
        state.failed(My.failure, now: My.due, patient)
        #expect(decide(state, at: My.due + My.hour, patient) == .wait(until: My.due + 24 * My.hour))
    }

    @Test("1401: after so many failures nothing is tried until a backup succeeds or somebody resumes")
    func suspended() {
        var strict = My.nightly
        strict.abortsAfterAttempts = true
        strict.attempts = 3
        var state = state(strict)
        var now = My.due
        for attempt in 1...3 {
            #expect(decide(state, at: now, strict) == .run(attempt == 1 ? .scheduled(due: My.due) : .again(failures: attempt - 1)))
            #expect(state.suspension == nil)
            state.failed(My.failure, now: now, strict)
            now += 5 * My.minute
        }
        let since = My.due + 10 * My.minute
        #expect(state.suspension?.code == .attemptsExhausted && state.suspension?.cause?.contains("no space left") == true)
        for later in [0, 1, 24, 24 * 365] as [Int64] { #expect(decide(state, at: now + later * My.hour, strict) == .suspended(since: since)) }
        var resumed = state
        resumed.resumed(now: now)
        #expect(decide(resumed, at: now, strict) == .wait(until: My.due + 24 * My.hour) && resumed.failures == 0)
        state.succeeded(start: now)
        #expect(decide(state, at: now, strict) == .wait(until: My.due + 24 * My.hour) && state.suspension == nil)
        // Without the setting it is never suspended.
        var endless = self.state()
        for attempt in 1...100 { endless.failed(My.failure, now: My.due + Int64(attempt) * My.minute, My.nightly) }
        #expect(endless.suspendedSince == nil && endless.failures == 100)
    }

    @Test("an operation that is in the way is waited for without being counted")
    func inTheWay() {
        var strict = My.nightly
        strict.abortsAfterAttempts = true
        strict.attempts = 1
        var state = state(strict)
        for code in [ErrorCode.operationRunning, .integrationRunning, .logBusy] {
            state.failed(Failure(code, "busy", hint: ""), now: My.due, strict)
            #expect(state.failures == 0 && decide(state, at: My.due + 5 * My.minute, strict) == .run(.again(failures: 0)))
        }
    }

    @Test("another schedule begins when it is noticed: what it would have run before was not missed")
    func otherSchedule() {
        var morning = My.nightly
        morning.scheduler.daysTime = 11 * 3600
        let now = My.noon + 30 * 24 * My.hour
        let state = state().following(morning.schedule, now: now)
        #expect(decide(state, at: now, morning) == .wait(until: now + 23 * My.hour))
        #expect(state.following(morning.schedule, now: now + My.hour) == state)
    }

    @Test("a clock that was set back a little repeats no date, and one set back by much does not stop the schedule")
    func clockSetBack() {
        var state = state()
        state.succeeded(start: My.due)
        #expect(decide(state, at: My.due - 1000) == .wait(until: My.due + 24 * My.hour))
        let past = My.due - 400 * 24 * My.hour
        #expect(decide(state, at: past) == .wait(until: past + 24 * My.hour))
        state.failed(My.failure, now: My.due, My.nightly)
        #expect(decide(state, at: past) == .run(.again(failures: 1)))
        state.failed(My.failure, now: past, My.nightly)
        #expect(decide(state, at: past + My.minute) == .wait(until: past + 5 * My.minute))
    }

    @Test("after a backup that a clock dated years ahead, the state that is read by the right clock follows the schedule again")
    func clockWasAhead() {
        var state = state()
        state.succeeded(start: My.due + 3650 * 24 * My.hour)
        let read = state.following(My.nightly.schedule, now: My.noon)
        #expect(decide(read, at: My.noon) == .wait(until: My.due))
        #expect(decide(read, at: My.due) == .run(.scheduled(due: My.due)))
        state.failed(My.failure, now: My.due + 3650 * 24 * My.hour, My.nightly)
        #expect(decide(state.following(My.nightly.schedule, now: My.noon), at: My.noon + 6 * My.minute) == .run(.again(failures: 1)))
    }

    @Test("over weeks with failures, absences and postponements: never two runs for one date, never none, and it always goes on")
    func weeks() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<40 {
            var settings = BackupSettings()
            settings.scheduler.frequency = [.hourly, .daily, .weekly, .monthly].randomElement(using: &random) ?? .daily
            settings.scheduler.hours = Int.random(in: 1...24, using: &random)
            settings.retriesAtNextDate = Bool.random(using: &random)
            settings.retryDelay = Int.random(in: 60...20_000, using: &random)
            settings.abortsAfterAttempts = Bool.random(using: &random)
            settings.attempts = Int.random(in: 1...4, using: &random)
            var state = AutomationState(following: settings.schedule, since: My.noon)
            var now = My.noon
            var lastGood: Int64?
            for _ in 0..<400 {
                switch decide(state, at: now, settings) {
                case .off: Issue.record("there is a schedule")
                case .suspended:
                    #expect(settings.abortsAfterAttempts && state.failures >= settings.attempts)
                    now += Int64.random(in: 0...90_000_000, using: &random)
                    state.resumed(now: now)
                case .wait(let until):
                    #expect(until > now)
                    // Mostly there in time, sometimes away for long.
                    now = until + (Int.random(in: 0..<5, using: &random) == 0 ? Int64.random(in: 0...900_000_000, using: &random) : 40)
                case .passOver(let due):
                    #expect(settings.retriesAtNextDate && due <= now)
                    state.passed(now: now)
                case .run(let run):
                    if let lastGood {
                        // Since the last good one a date has come.
                        #expect(settings.schedule.missed(since: lastGood, now: now, in: .utc) != nil, "\(run)")
                    }
                    switch Int.random(in: 0..<4, using: &random) {
                    case 0: state.failed(My.failure, now: now + My.minute, settings)
                    case 1:
                        state.passed(now: now)
                    default:
                        state.succeeded(start: now)
                        lastGood = now
                    }
                    now += My.minute
                }
            }
            #expect(lastGood != nil)
        }
    }
}

@Suite("Automatic backups of a real application")
struct AutomaticBackupTests {
    /// A clock to be set by hand.
    private final class Clock: Sendable {
        private let time = Atomic<Int64>(0)
        var now: Int64 {
            get { time.load(ordering: .relaxed) }
            set { time.store(newValue, ordering: .relaxed) }
        }
    }

    private let site: Site
    private let clock = Clock()
    private let automatic: AutomaticBackup
    private let surroundings: Surroundings

    init() throws {
        site = try Site()
        clock.now = site.surroundings.now()
        var surroundings = site.surroundings
        surroundings.now = { [clock] in clock.now }
        surroundings.zone = .utc
        self.surroundings = surroundings
        automatic = AutomaticBackup(application: site.application, surroundings: surroundings)
        try set("Scheduler/Frequency", "Hourly")
        try set("Scheduler/Hourly/Every", "1")
    }

    private func set(_ key: String, _ value: String) throws {
        try BackupSettings.change(try #require(BackupSettings.key(key)), to: [value], of: site.application)
    }

    private func waitForDate() throws {
        for _ in 0..<3 {
            guard case .wait(let until) = try automatic.decide() else { return }
            clock.now = until
        }
        Issue.record("no date comes")
    }

    @Test("it runs at its date; unchanged data postpone it without an error; a change brings it back")
    func postponed() throws {
        try set("Advanced/BackupIfDataChange", "True")
        try waitForDate()
        guard case .run(.scheduled) = try automatic.decide() else {
            Issue.record("a date has come")
            return
        }
        try site.add("a")
        guard case .done(let outcome) = try automatic.run(Job()) else {
            Issue.record("the data changed")
            return
        }
        #expect(outcome.number == 1)
        try waitForDate()
        #expect(try automatic.run(Job()) == .postponed)
        guard case .wait = try automatic.decide() else {
            Issue.record("the date is settled")
            return
        }
        #expect(try site.sets().map(\.number) == [1])
        let journal = try ScratchApplication.read(site.application.logsFolder + "/Backup Journal[001].txt")
        #expect(journal.contains("\tpostponement\t\tpostponed\t"))
        try site.add("b")
        #expect(try automatic.hasChanged())
        _ = try site.drain()
        #expect(try automatic.hasChanged())
        try waitForDate()
        guard case .done = try automatic.run(Job()) else {
            Issue.record("the data changed")
            return
        }
        #expect(try !automatic.hasChanged())
    }

    @Test("the counters that a log begins with are no change of the data; one more row is")
    func counters() throws {
        try site.client().execute("CREATE TABLE counted(id INTEGER PRIMARY KEY AUTOINCREMENT, x); INSERT INTO counted(x) VALUES(1)")
        _ = try site.backup()
        let log = try site.status()
        #expect(log.lastOperation >= log.firstOperation, "the new log begins with a counter")
        #expect(try !automatic.hasChanged())
        try site.client().execute("INSERT INTO counted(x) VALUES(2)")
        _ = try site.drain()
        #expect(try automatic.hasChanged())
    }

    @Test("1401 after the set number of failures, kept on the disk; a good manual backup ends it, and so does resuming")
    func suspended() throws {
        try set("Advanced/BackupFailure/AbortIfBackupFail", "True")
        try set("Advanced/BackupFailure/RetryCountBeforeAbort", "2")
        let good = try BackupSettings.read(site.application).destinationFolder
        try set("General/DestinationFolder", "/nowhere/at/all")
        func fail() throws -> ErrorCode? {
            try waitForDate()
            do { _ = try automatic.run(Job()) } catch let failure as Failure { return failure.code }
            return nil
        }
        #expect(try fail() == .destinationInvalid)
        #expect(try fail() == .attemptsExhausted)
        guard case .suspended = try automatic.decide() else {
            Issue.record("suspended")
            return
        }
        let status = try AutomationStatus.of(site.application, surroundings)
        #expect(status.next == nil && status.suspendedSince != nil && status.failures == 2 && status.lastError?.contains("/nowhere") == true)
        let told = { [site, surroundings] in Health.of(site.application, surroundings).checks.first { $0.name == "automatic" } }
        #expect(told()?.state == .critical && told()?.message.contains("error 1401, automatic backup is suspended since 20") == true, "\(String(describing: told()))")
        try AutomationState.resume(site.application, surroundings)
        guard case .wait = try automatic.decide() else {
            Issue.record("resumed")
            return
        }
        #expect(try fail() == .destinationInvalid)
        #expect(told()?.state == .warning && told()?.message.hasPrefix("1 automatic backups failed: ") == true, "\(String(describing: told()))")
        #expect(try fail() == .attemptsExhausted)
        if good.isEmpty { try BackupSettings.change(try #require(BackupSettings.key("General/DestinationFolder")), to: nil, of: site.application) }
        _ = try Backup(application: site.application, surroundings: surroundings, destination: nil).run(Job())
        guard case .wait = try automatic.decide() else {
            Issue.record("a good backup ends it")
            return
        }
        #expect(try AutomationStatus.of(site.application, surroundings).failures == 0)
    }

    @Test("without a schedule no file is made, and a damaged one begins anew")
    func file() throws {
        let other = try Site()
        _ = try other.backup()
        #expect(!Folder.exists(other.application.companion + "/automation.json"))
        #expect(try AutomationStatus.of(other.application, other.surroundings) == AutomationStatus())
        _ = try automatic.decide()
        try Publication.write(Array("{".utf8), to: site.application.companion + "/automation.json")
        guard case .wait = try automatic.decide() else {
            Issue.record("it begins anew")
            return
        }
    }
}
