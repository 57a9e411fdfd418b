// The queues on which the service works: one for the log, one for backups. What they end with goes back as events.

import Dispatch
import FileSystem
import Synchronization
import Vocabulary

/// Events on their way to the thread that waits.
final class WatchInbox: Sendable {
    private let events = Mutex<[WatchEvent]>([])
    private let wakeUp: WakeUp

    init(_ wakeUp: WakeUp) { self.wakeUp = wakeUp }

    func put(_ event: WatchEvent) {
        events.withLock { $0.append(event) }
        wakeUp.raise()
    }

    func wake() { wakeUp.raise() }

    func take() -> [WatchEvent] {
        events.withLock { events in
            defer { events = [] }
            return events
        }
    }
}

/// What an automatic restore ended with.
final class RestoreEnding: Sendable {
    let result = Mutex<Result<AutomaticRestore.Outcome?, Failure>?>(nil)
}

/// Does what takes time.
final class WatchHands: Sendable {
    private let application: Application
    private let surroundings: Surroundings
    private let inbox: WatchInbox
    // Queues of their own: the cooperative pool is as wide as the machine has cores, and blocking work would starve it.
    private let logQueue = DispatchQueue(label: "watch.log", qos: .userInitiated)
    private let backupQueue = DispatchQueue(label: "watch.backup")
    private let healthQueue = DispatchQueue(label: "watch.health")
    /// Used by one thing at a time: the log's queue does one after the other.
    private let keeper: Mutex<LogKeeper>
    private let drainJob = Mutex<Job?>(nil)
    /// The backup or automatic restore that runs.
    private let current = Mutex<Job?>(nil)

    init(_ application: Application, _ surroundings: Surroundings, _ inbox: WatchInbox) {
        self.application = application
        self.surroundings = surroundings
        self.inbox = inbox
        keeper = Mutex(LogKeeper(application, surroundings))
    }

    func drain(_ isThorough: Bool) {
        let job = Job()
        drainJob.withLock { $0 = job }
        logQueue.async { [self] in
            let end = keeper.withLock { $0.drain(isThorough: isThorough, job) }
            drainJob.withLock { $0 = nil }
            inbox.put(.drained(end))
        }
    }

    func prune(_ time: Duration) {
        logQueue.async { [self] in
            let (gaveWay, end) = keeper.withLock { $0.prune(for: time, Job()) }
            inbox.put(.pruned(gaveWay: gaveWay, end))
        }
    }

    func stopDrain() { drainJob.withLock { $0?.stop() } }

    func backup(_ settings: BackupSettings) {
        let job = Job()
        current.withLock { $0 = job }
        backupQueue.async { [self] in
            let result: Result<AutomaticBackup.Outcome, Failure>
            do {
                result = .success(try AutomaticBackup(application: application, surroundings: surroundings, settings: settings).run(job))
            } catch let failure as Failure { result = .failure(failure) } catch {
                // Untested: for an error that the engine forgot to make a Failure of; the tests know of none.
                result = .failure(Failure(
                    .databaseError, "an unexpected error ended the backup", cause: String(describing: error), hint: "Please report this sentence."))
            }
            current.withLock { $0 = nil }
            inbox.put(.backupEnded(result))
        }
    }

    /// Brings a damaged or incomplete database in order where the settings want it; the wake-up is raised when it is done.
    func restore(_ ending: RestoreEnding) {
        let job = Job()
        current.withLock { $0 = job }
        backupQueue.async { [self] in
            let result: Result<AutomaticRestore.Outcome?, Failure>
            do {
                result = .success(try AutomaticRestore(application: application, surroundings: surroundings).run(isThorough: true, job))
            } catch let failure as Failure { result = .failure(failure) } catch {
                // Untested: for an error that the engine forgot to make a Failure of; the tests know of none.
                result = .failure(Failure(
                    .databaseError, "an unexpected error ended it", cause: String(describing: error), hint: "Please report this sentence."))
            }
            current.withLock { $0 = nil }
            ending.result.withLock { $0 = result }
            inbox.wake()
        }
    }

    func stopBackup() { current.withLock { $0?.stop() } }

    /// Judges the application's health and writes it for monitoring.
    func health(_ path: String, _ say: @escaping @Sendable (WatchLevel, String) -> Void) {
        healthQueue.async { [self] in
            do throws(Failure) {
                try Health.of(application, surroundings).writeMetrics(to: path)
            } catch { say(.warning, error.description) }
        }
    }
}
