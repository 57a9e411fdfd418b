// `msc watch`: the machine's hands. One thread waits for signs and asks the machine; the log and the backups have a queue each.
// Rule: nothing here decides anything, and nothing that can take long happens on the thread that waits.

import Dispatch
import FileSystem
import Glibc
import Synchronization
public import Vocabulary

/// The service of one database: keeps its log up to date, repairs capture, makes the backups of the schedule, and tells how
/// things stand.
///
/// It ends when it is asked to, or when another service watches the same database. Whatever ends it, kill -9 included, leaves
/// what a drain or a backup leaves: nothing half-made, and captured changes that wait for the next drain.
public final class WatchService {
    /// What the service takes from outside.
    public struct Outside: Sendable {
        /// Milliseconds of the kernel's monotonic clock.
        public var steady: @Sendable () -> Int64
        /// Where lines for people go.
        public var say: @Sendable (WatchLevel, String) -> Void
        public var manager: ServiceManager?
        /// How often the manager wants a sign of life, in milliseconds; nil when it wants none.
        public var watchdog: Int64?
        /// The file for metrics; nil for none.
        public var metrics: String?

        public init(
            steady: @escaping @Sendable () -> Int64, say: @escaping @Sendable (WatchLevel, String) -> Void, manager: ServiceManager? = nil,
            watchdog: Int64? = nil, metrics: String? = nil
        ) {
            self.steady = steady
            self.say = say
            self.manager = manager
            self.watchdog = watchdog
            self.metrics = metrics
        }
    }

    private let application: Application
    private let surroundings: Surroundings
    private let outside: Outside
    private let requests: WatchRequests
    private let hands: WatchHands
    private let inbox: WatchInbox
    private var machine: WatchMachine
    private var news: FolderWatch
    private var mark: StateWatch.Mark?
    private var dataInode: UInt64 = 0
    private var settingsMark: FileMark?
    private var automationMark: FileMark?

    public init(application: Application, surroundings: Surroundings, requests: WatchRequests, outside: Outside) {
        self.application = application
        self.surroundings = surroundings
        self.outside = outside
        self.requests = requests
        inbox = WatchInbox(requests.wakeUp)
        hands = WatchHands(application, surroundings, inbox)
        machine = WatchMachine(zone: surroundings.zone)
        let file = Folder.name(of: application.data)
        news = FolderWatch(application.folder, names: [file, file + "-wal", file + "-journal"])
    }

    /// Runs until it is asked to end.
    /// - Throws: 1510 when another service watches this database; 1511 or 1516 when the companion folder cannot be written.
    public func run() throws(Failure) {
        let lock = try OperationLock(.watch, for: "watch", on: application, surroundings)
        defer { withExtendedLifetime(lock) {} }
        outside.say(.info, "watching '\(application.data)'")
        outside.manager?.status("starting")
        guard restoreAutomatically() else { return }
        mark = StateWatch(application).mark()
        dataInode = Folder.status(of: application.data).map { UInt64($0.st_ino) } ?? 0
        perform(machine.begin(at: now))
        var signOfLife = outside.steady()
        while !machine.isEnded {
            takeRequests()
            takeNews()
            for event in inbox.take() { tell(event) }
            tell(.time)
            if machine.isEnded { break }
            let steady = outside.steady()
            if let watchdog = outside.watchdog, steady >= signOfLife {
                outside.manager?.alive()
                signOfLife = steady + watchdog / 2
            }
            var pause = machine.wakeUp(after: now) - steady
            if outside.watchdog != nil { pause = min(pause, signOfLife - steady) }
            // Signs of writing would only wake it for nothing; a file that is replaced is still to be seen soon.
            if machine.expectsDrain { pause = min(pause, 250) }
            // Not less than a millisecond: whatever the machine thinks, the service does not spin.
            requests.wakeUp.wait(milliseconds: Int32(min(max(pause, 1), 60_000)), or: machine.expectsDrain ? -1 : news.descriptor)
        }
        outside.say(.info, "ended")
    }

    private var now: WatchTime { WatchTime(wall: surroundings.now(), steady: outside.steady()) }

    private func tell(_ event: WatchEvent) { perform(machine.handle(event, at: now)) }

    private func takeRequests() {
        let wanted = requests.take()
        if wanted.reload { tell(.reload) }
        if wanted.stop { tell(.stop) }
    }

    private func takeNews() {
        let told = news.take()
        if told.isGone { news.watchAgain() }
        if told.isWritten { tell(.written) } else if told.isMoved || told.isGone { look() }
    }

    /// A damaged or incomplete database is brought in order before anything is written to its log, where the settings want it.
    /// - Returns: false when the service was told to end meanwhile.
    private func restoreAutomatically() -> Bool {
        let ending = RestoreEnding()
        hands.restore(ending)
        var goesOn = true
        while true {
            // Untested: the request has to come within the short time that an automatic restore takes.
            if requests.take().stop {
                goesOn = false
                outside.manager?.stopping()
                hands.stopBackup()
            }
            if let result = ending.result.withLock({ $0 }) {
                switch result {
                case .success(let done?): outside.say(.warning, done.sentence)
                case .success(nil): break
                case .failure(let failure):
                    outside.say(.error, "automatic restore: \(failure.description)")
                }
                return goesOn
            }
            requests.wakeUp.wait(milliseconds: 1000, or: -1)
        }
    }  // Untested: the loop ends only by returning.

    // MARK: Effects

    private func perform(_ effects: [WatchEffect]) {
        for effect in effects { perform(effect) }
    }

    private func perform(_ effect: WatchEffect) {
        switch effect {
        case .look: look()
        case .drain(let isThorough): hands.drain(isThorough)
        case .prune(let time): hands.prune(time)
        case .readSettings(let isAskedFor): readSettings(isAskedFor)
        case .readAutomation(let settings): readAutomation(settings)
        case .backup(let settings): backup(settings)
        case .passOver(let reason, let settings): passOver(reason, settings)
        case .stopBackup: hands.stopBackup()
        case .stopDrain: hands.stopDrain()
        case .health: if let path = outside.metrics { hands.health(path, outside.say) }
        case .say(let level, let line): outside.say(level, line)
        case .status(let text): outside.manager?.status(text)
        case .ready: outside.manager?.ready()
        case .reloading: outside.manager?.reloading(outside.steady())
        case .stopping: outside.manager?.stopping()
        case .end: break
        }
    }

    private func look() {
        if !news.isActive { news.watchAgain() }
        let seen = StateWatch(application).mark()
        let isChanged = seen != mark
        mark = seen
        let inode = Folder.status(of: application.data).map { UInt64($0.st_ino) } ?? 0
        if inode != dataInode {
            dataInode = inode
            tell(.replaced)
        } else {
            tell(.looked(isChanged: isChanged))
        }
        let automation = FileMark(AutomationState.path(application))
        if automation != automationMark {
            automationMark = automation
            if let state = AutomationState.read(application) { tell(.automation(.success(state))) }
        }
    }

    private func readSettings(_ isAskedFor: Bool) {
        let seen = FileMark(application.settingsFile)
        if !isAskedFor, seen == settingsMark || !isThere, machine.hasSettings { return }
        settingsMark = seen
        do { tell(.settings(.success(try BackupSettings.read(application)), isAskedFor: isAskedFor)) } catch {
            tell(.settings(.failure(error), isAskedFor: isAskedFor))
        }
    }

    /// Whether the companion folder is there. When it is not, its disk may be gone: then nothing is made in the place where it
    /// was, and what was known of it stays in force.
    private var isThere: Bool { Folder.isFolder(application.companion) }

    private func readAutomation(_ settings: BackupSettings) {
        guard isThere else { return }
        do {
            let state = try AutomationState.current(application, settings, surroundings)
            automationMark = FileMark(AutomationState.path(application))
            tell(.automation(.success(state)))
        } catch { tell(.automation(.failure(error))) }
    }

    private func backup(_ settings: BackupSettings) {
        if isThere { return hands.backup(settings) }
        // Untested: the disk of the companion folder has to go while a service waits for the date of a backup.
        tell(
            .backupEnded(
                .failure(
                    Failure(
                        .fileNotFound, "the folder '\(application.companion)' is missing",
                        hint: "Bring its disk back; the backup is made up for then."))))
    }

    private func passOver(_ reason: String, _ settings: BackupSettings) {
        guard isThere else { return }
        do {
            try AutomaticBackup(application: application, surroundings: surroundings, settings: settings).leaveToNextDate(because: reason)
        } catch { outside.say(.error, error.description) }
    }
}
