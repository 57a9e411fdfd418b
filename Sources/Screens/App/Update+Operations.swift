// The life of operations in the interface: one of ours at a time, changes that wait for a backup's end, those of other
// processes seen and stopped.

import Engine
import TerminalKit
import Vocabulary

extension AppModel {
    /// Starts an operation, lets it wait for a backup's end, or refuses it.
    mutating func start(_ request: OperationRequest, _ page: PageID) -> [Command] {
        guard leaving == .no else { return [] }
        if isReadOnly, request.changesData {
            return refuse(
                request, page, Failure(.noPermission, "the program was started with --readonly", hint: "Start it without that option."))
        }
        let backup = runningBackup
        if own != nil || waiting != nil {
            guard backup != nil, own?.page == .backup || own == nil, waiting == nil, request.changesData else {
                return refuse(
                    request, page,
                    Failure(.operationRunning, "another operation is running here", hint: "Wait until it has ended, or stop it."))
            }
        }
        if request.changesData, let backup {
            waiting = Waiting(
                request: request, page: page,
                box: TerminalKit.Dialog(
                    title: "Wait for end of backup",
                    text: "\(request.title) changes the data. It begins as soon as this has ended:\n\n\(backup)",
                    buttons: [Button("cancel", "Cancel operation", key: .escape)], contentRows: 1))
            shown = .none
            return []
        }
        return run(request, page)
    }

    private mutating func run(_ request: OperationRequest, _ page: PageID) -> [Command] {
        own = Own(request: request, page: page, course: Course(Progress(phase: "Starting"), started: now, now: now))
        shown = .own
        message = nil
        return [.run(request)]
    }

    /// The backup that a change of the data would have to wait for, in words; nil when there is none.
    private var runningBackup: String? {
        if let own, own.page == .backup { return own.request.title }
        if let foreign, foreign.operation.operation == "backup" { return "Backup by \(AppModel.owner(foreign.operation))" }
        return nil
    }

    /// Begins what has waited, once nothing is in its way.
    mutating func startWaiting() -> [Command] {
        guard let ready = waiting, own == nil, runningBackup == nil, leaving == .no else { return [] }
        waiting = nil
        return run(ready.request, ready.page)
    }

    mutating func cancelWaiting() -> [Command] {
        guard let given = waiting else { return [] }
        waiting = nil
        return refuse(
            given.request, given.page,
            Failure(
                .backupInProgress, "\(given.request.title) was cancelled because a backup is in progress",
                hint: "Nothing was changed. Start it again when the backup has ended."))
    }

    private mutating func refuse(_ request: OperationRequest, _ page: PageID, _ failure: Failure) -> [Command] {
        tell(request, failure)
        return hand(.failure(failure), of: request, to: page)
    }

    /// A failure goes under dialogs that are open, so that nobody closes it unread while typing into another.
    mutating func tell(_ request: OperationRequest, _ failure: Failure) {
        let left = failure.code == .stopped ? request.stopLeaves : ""
        // A Stop's own hint says less than what the operation promises.
        let told = failure.code == .stopped && !left.isEmpty ? Failure(.stopped, failure.message, cause: failure.cause, hint: "") : failure
        dialogs.insert((front, Notice(request.title, told, left: left)), at: 0)
    }

    private mutating func hand(_ result: Result<any Sendable, Failure>, of request: OperationRequest, to page: PageID) -> [Command] {
        let context = context
        let effects = withPage(page) { $0.ended(request.id, result, context) } ?? []
        return apply(effects, from: page)
    }

    /// The own operation has ended.
    mutating func ended(_ result: Result<any Sendable, Failure>) -> [Command] {
        guard let done = own else { return [] }
        own = nil
        if shown == .own { shown = .none }
        if done.request.id == Opening.key, leaving == .no { return opened(done.request, result) }
        var commands: [Command] = [.readOverview(isForced: true)]
        if leaving == .no {
            if case .failure(let failure) = result { tell(done.request, failure) }
            commands += hand(result, of: done.request, to: done.page)
        }
        return commands + startWaiting()
    }

    /// Takes what another process says of its operation.
    mutating func takeForeign(_ running: RunningOperation?, isFirst: Bool) {
        guard let running else {
            foreign = nil
            if shown == .foreign { shown = .none }
            return
        }
        let progress = AppModel.progress(running)
        if let known = foreign, known.operation.processID == running.processID, known.operation.since == running.since {
            foreign?.operation = running
            foreign?.course.observe(progress, changes: known.course.changes + (known.operation.progress == running.progress ? 0 : 1), at: now)
        } else {
            let before = ((try? Timestamp.parse(running.since)).map { surroundings.now() - $0 } ?? 0)
            foreign = Foreign(
                operation: running, course: Course(progress, started: now - .milliseconds(max(0, before)), now: now))
            // Shown by itself only to somebody who has just come: later it could take a key that was meant for something else.
            if isFirst, dialogs.isEmpty, own == nil, waiting == nil {
                shown = .foreign
            }
        }
        look(within: AppModel.busyInterval)
    }

    private static func progress(_ running: RunningOperation) -> Progress {
        guard let reading = running.progress else { return Progress(phase: "Starting") }
        return Progress(
            phase: reading.phase, subject: reading.subject, done: reading.done, total: reading.total,
            unit: Progress.Unit(rawValue: reading.unit) ?? .bytes)
    }

    /// What the thermometer that is shown shows; nil when none is.
    var shownReading: ThermometerReading? {
        switch shown {
        case .own:
            guard let own else { return nil }
            var reading = own.course.reading(title: own.request.title, at: now)
            if own.isStopping { reading.state = .stopping }
            return reading
        case .foreign:
            guard let foreign else { return nil }
            var reading = foreign.course.reading(title: AppModel.title(foreign.operation.operation), at: now)
            reading.state = foreign.isStopping ? .stopping : .elsewhere(AppModel.owner(foreign.operation))
            if isReadOnly { reading.stopDisabledReason = "The program was started with --readonly." }
            return reading
        case .none: return nil
        }
    }

    static func owner(_ running: RunningOperation) -> String { "\(running.process), process \(running.processID)" }
}
