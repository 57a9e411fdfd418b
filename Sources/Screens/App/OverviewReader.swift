// Reads the overview behind the keyboard: at once when something changed, and otherwise not at all. Used on one queue.

import Engine
import Synchronization
import Vocabulary

/// Looks whether log, backups or data changed since the last look, and reads what did.
final class OverviewReader: Sendable {
    private struct Memory {
        var watch: StateWatch
        var mark: StateWatch.Mark?
        var overview: Overview?
        /// Nothing is read before this time, so that reading takes at most a twentieth of one processor.
        var restsUntil: ContinuousClock.Instant
    }

    private let application: Application
    private let surroundings: Surroundings
    private let memory: Mutex<Memory>

    init(_ application: Application, _ surroundings: Surroundings) {
        self.application = application
        self.surroundings = surroundings
        memory = Mutex(Memory(watch: StateWatch(application), restsUntil: .now))
    }

    /// The overview; nil when it is as it was.
    /// - Parameter isForced: reads even when nothing seems to have changed.
    func read(isForced: Bool) -> Overview? {
        memory.withLock { memory in
            let mark = memory.watch.mark()
            let running = foreignOperation()
            // A lock that is let go leaves no trace in any file's status.
            let isTransient = memory.overview?.problems.contains { $0.code == .databaseLocked } ?? false
            let isDue = (isTransient || memory.mark != mark) && ContinuousClock.now >= memory.restsUntil
            if !isForced, !isDue, var known = memory.overview {
                if known.running == running { return nil }
                known.running = running
                memory.overview = known
                return known
            }
            let start = ContinuousClock.now
            var overview = OverviewReader.read(application, surroundings, known: memory.overview)
            overview.running = running
            let end = ContinuousClock.now
            // The files may have changed while they were read: the mark is the older one, and they are read again.
            memory.mark = mark
            memory.watch = StateWatch(application)
            memory.restsUntil = end + min(.seconds(30), (end - start) * 20)
            memory.overview = overview
            return overview
        }
    }

    /// An operation of another process: this program shows its own by itself.
    private func foreignOperation() -> RunningOperation? {
        guard let running = RunningOperation.now(on: application), running.processID != surroundings.context.processID else { return nil }
        return running
    }

    /// Reads each part by itself: a damaged database must not hide the backups that are the way back.
    private static func read(_ application: Application, _ surroundings: Surroundings, known: Overview?) -> Overview {
        var problems: [Failure] = []
        func attempt<Value>(_ read: () throws -> Value) -> Value? {
            do { return try read() } catch {
                problems.append(Failure.from(error))
                return nil
            }
        }
        let readings = Health.Readings(application, surroundings)
        let backups = attempt { try readings.sets.get() } ?? []
        let last = attempt { try readings.lastAttempt.get() } ?? nil
        let automation = attempt { try readings.automation.get() }
        let log: LogStatus
        do { log = try readings.log.get() } catch {
            let failure = Failure.from(error)
            problems.append(failure)
            // A database that somebody holds for a moment is still in the state that it was seen in.
            log = (failure.code == .databaseLocked ? known?.log : nil) ?? .unreadable(failure)
        }
        return Overview(
            log: log, backups: backups, lastAttempt: last, automation: automation, running: nil, dataChanged: application.dataChanged, problems: problems,
            health: Health.of(application, surroundings, readings: readings))
    }
}

extension Failure {
    /// Any error as people read it.
    static func from(_ error: any Error) -> Failure {
        // Untested: for an error that the engine forgot to make a Failure of; the tests know of none.
        error as? Failure
            ?? Failure(
                .databaseError, "an unexpected error ended the operation", cause: String(describing: error),
                hint: "Please report this sentence.")
    }
}
