// The service's machine with hands of straw: drains and backups take the time they are given, and weeks pass in a blink.

import Vocabulary

@testable import Engine

struct WatchSimulation {
    private(set) var machine: WatchMachine
    private(set) var now: WatchTime
    private var coming: [(steady: Int64, event: WatchEvent)] = []

    // What the hands find.
    var settings = BackupSettings()
    var state: AutomationState?
    /// How the next drains end, the last one for ever.
    var drains: [DrainEnd] = [.done(DrainReport())]
    var drainTime: Int64 = 3
    /// What becomes of a backup that begins at this time.
    var backup: (Int64) -> Result<AutomaticBackup.Outcome, Failure> = { _ in .success(.done(.sample)) }
    var backupTime: Int64 = 60_000

    // What was done, with its time on the steady clock, or on the wall clock for backups.
    private(set) var drained: [Int64] = []
    private(set) var thorough: [Int64] = []
    private(set) var pruned: [Int64] = []
    private(set) var backups: [Int64] = []
    private(set) var said: [String] = []
    private(set) var told: [WatchEffect] = []
    /// Turns of the loop.
    private(set) var turns = 0
    private var isDraining = false
    private var isBackingUp = false
    /// Two things at once that must not be.
    private(set) var collisions = 0

    init(at wall: Int64 = 1_700_000_000_000, pace: WatchPace = WatchPace(), zone: Zone = .utc) {
        machine = WatchMachine(pace: pace, zone: zone)
        now = WatchTime(wall: wall, steady: 1000)
    }

    mutating func begin() { perform(machine.begin(at: now)) }

    mutating func tell(_ event: WatchEvent) { perform(machine.handle(event, at: now)) }

    /// Lets time pass; both clocks go.
    mutating func run(for duration: Int64) {
        let end = now.steady + duration
        while now.steady < end, !machine.isEnded {
            turns += 1
            let next = min(end, max(now.steady + 1, min(machine.wakeUp(after: now), coming.map(\.steady).min() ?? .max)))
            now.wall += next - now.steady
            now.steady = next
            let due = coming.filter { $0.steady <= next }
            coming.removeAll { $0.steady <= next }
            for (_, event) in due { arrive(event) }
            tell(.time)
        }
    }

    /// Sets the wall clock.
    mutating func setClock(by milliseconds: Int64) { now.wall += milliseconds }

    private mutating func arrive(_ event: WatchEvent) {
        switch event {
        case .drained, .pruned: isDraining = false
        case .backupEnded: isBackingUp = false
        default: break
        }
        tell(event)
    }

    private mutating func perform(_ effects: [WatchEffect]) {
        for effect in effects {
            switch effect {
            case .look: tell(.looked(isChanged: false))
            case .drain(let isThorough):
                isDraining = begun(isDraining)
                drained.append(now.steady)
                if isThorough { thorough.append(now.steady) }
                let end = drains.count > 1 ? drains.removeFirst() : drains[0]
                coming.append((now.steady + drainTime, .drained(end)))
            case .prune:
                isDraining = begun(isDraining)
                pruned.append(now.steady)
                coming.append((now.steady + 1, .pruned(gaveWay: false, .done(DrainReport()))))
            case .readSettings(let isAskedFor): tell(.settings(.success(settings), isAskedFor: isAskedFor))
            case .readAutomation(let settings):
                let read = state?.following(settings.schedule, now: now.wall) ?? AutomationState(following: settings.schedule, since: now.wall)
                state = read
                tell(.automation(.success(read)))
            case .backup(let settings):
                isBackingUp = begun(isBackingUp)
                if isDraining { collisions += 1 }
                backups.append(now.wall)
                let result = backup(now.wall)
                switch result {
                case .success(.done): state?.succeeded(start: now.wall)
                case .success(.postponed): state?.passed(now: now.wall)
                case .failure(let failure): if failure.code != .stopped { state?.failed(failure, now: now.wall, settings) }
                }
                coming.append((now.steady + backupTime, .backupEnded(result)))
            case .passOver: state?.passed(now: now.wall)
            case .stopBackup:
                if let index = coming.firstIndex(where: { if case .backupEnded = $0.event { true } else { false } }) {
                    coming[index] = (now.steady + 200, .backupEnded(.failure(.stoppedSample)))
                }
            case .say(_, let line): said.append(line)
            default: break
            }
            told.append(effect)
        }
    }

    /// Begins what must not run already.
    private mutating func begun(_ isRunning: Bool) -> Bool {
        if isRunning { collisions += 1 }
        return true
    }
}

extension BackupOutcome {
    static let sample = BackupOutcome(
        number: 1, status: .complete, archive: "/b/a[0001].4BK", log: nil, lastOperation: nil, bytes: 1, archiveBytes: 1, seconds: 1,
        missing: [], writersWaitedSeconds: 0, warnings: [])
}

extension Failure {
    static let stoppedSample = Failure(.stopped, "stopped by the user", hint: "Nothing.")
    static let diskSample = Failure(.destinationInvalid, "the destination is not there", hint: "Mount it.")
    static let logSample = Failure(.logUnavailable, "the log file is not available", hint: "Bring it back.")
}
