// Has the work of pages done on the lanes, and brings what comes of it back to the loop through a mailbox. Everything but the
// mailbox is used on the loop's thread alone.

import Engine
import Synchronization
import TerminalKit
import Vocabulary

/// What has happened behind the keyboard.
enum News: Sendable {
    /// Nil when the overview is as it was.
    case overview(Overview?)
    case loaded(PageID, String, Result<any Sendable, Failure>)
    case ended(Result<any Sendable, Failure>)
    /// A request to another process could not be made.
    case requestFailed(Failure)
}

/// Runs loads and operations.
final class JobRunner {
    private struct LoadID: Hashable, Sendable {
        var page: PageID
        var key: String
    }

    private enum Mail: Sendable {
        case news(News)
        case loaded(LoadID, UInt64, Result<any Sendable, Failure>)
    }

    private final class Mailbox: Sendable {
        let mails = Mutex<[Mail]>([])
    }

    private let lanes: Lanes
    private let waker: Waker
    private let application: Application
    private let overview: @Sendable (_ isForced: Bool) -> Overview?
    private let mailbox = Mailbox()
    private var loads: [LoadID: (generation: UInt64, job: Job)] = [:]
    private var generation: UInt64 = 0
    private var overviewsAwaited = 0
    private var forcedAwaited = 0
    /// The operation that runs.
    private(set) var operation: Job?

    /// - Parameter overview: looks at the state of log and backups; nil when it is as it was at the last look.
    init(_ application: Application, _ lanes: Lanes, _ waker: Waker, overview: @escaping @Sendable (_ isForced: Bool) -> Overview?) {
        self.application = application
        self.lanes = lanes
        self.waker = waker
        self.overview = overview
    }

    /// Something is being done whose end will change the picture.
    var isWorking: Bool { operation != nil || !loads.isEmpty || forcedAwaited > 0 }

    /// Begins to read something for a page. A load of the same key that is not done yet is stopped, and nothing comes of it.
    func load(_ page: PageID, _ key: String, _ work: @escaping @Sendable (Job) throws -> any Sendable) {
        cancelLoad(page, key)
        generation += 1
        let (id, number, job) = (LoadID(page: page, key: key), generation, Job())
        loads[id] = (number, job)
        let post = poster()
        lanes.submit(.page(page)) {
            let result = Result { () throws(Failure) in
                try job.checkStop()
                do { return try job.perform(work) } catch { throw Failure.from(error) }
            }
            post(.loaded(id, number, result), true)
        }
    }

    func cancelLoad(_ page: PageID, _ key: String) {
        loads.removeValue(forKey: LoadID(page: page, key: key))?.job.stop()
    }

    /// Runs an operation. The caller sees to it that there is one at a time.
    func run(_ work: @escaping @Sendable (Job) throws -> any Sendable) {
        let job = Job()
        operation = job
        let post = poster()
        lanes.submit(.operation) {
            let result = Result { () throws(Failure) in
                do { return try job.perform(work) } catch { throw Failure.from(error) }
            }
            post(.news(.ended(result)), true)
        }
    }

    func stopEverything() {
        operation?.stop()
        for id in Array(loads.keys) { cancelLoad(id.page, id.key) }
    }

    /// Asks another process to stop what it runs.
    func requestStop(_ running: RunningOperation) {
        let (application, post) = (application, poster())
        lanes.submit(.overview) {
            do { try running.requestStop(on: application) } catch { post(.news(.requestFailed(Failure.from(error))), true) }
        }
    }

    /// Has the overview looked at; one look at a time unless it is forced.
    func readOverview(isForced: Bool) {
        guard isForced || overviewsAwaited == 0 else { return }
        overviewsAwaited += 1
        if isForced { forcedAwaited += 1 }
        let (overview, post) = (overview, poster())
        lanes.submit(.overview) {
            let found = overview(isForced)
            // Nobody is woken for what did not change.
            post(.news(.overview(found)), isForced || found != nil)
        }
    }

    /// Does something small behind the keyboard whose outcome nobody waits for.
    func forget(_ work: @escaping @Sendable () -> Void) { lanes.submit(.overview, work) }

    /// What has come since the last call, in order.
    func takeNews() -> [News] {
        let mails = mailbox.mails.withLock { mails in
            defer { mails = [] }
            return mails
        }
        return mails.compactMap { mail in
            switch mail {
            case .loaded(let id, let number, let result):
                guard loads[id]?.generation == number else { return nil }
                loads[id] = nil
                return .loaded(id.page, id.key, result)
            case .news(let news):
                switch news {
                case .overview:
                    overviewsAwaited -= 1
                    forcedAwaited = min(forcedAwaited, overviewsAwaited)
                case .ended: operation = nil
                case .loaded, .requestFailed: break
                }
                return news
            }
        }
    }

    private func poster() -> @Sendable (Mail, Bool) -> Void {
        let (mailbox, waker) = (mailbox, waker)
        return { mail, wakes in
            mailbox.mails.withLock { $0.append(mail) }
            if wakes { waker.wake() }
        }
    }
}
