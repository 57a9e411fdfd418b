// Last step: the restore runs, then says what happened; one by one, the next log is offered until there is none, or the person
// has enough.

import Engine
import TerminalKit
import Vocabulary

struct ResultStep: WizardStep {
    enum State: Sendable, Equatable { case idle, running, done, failed }

    var focus = FocusRing(["list", "text", "buttons"])
    private(set) var state = State.idle
    private(set) var outcome: RestoreOutcome?
    private(set) var failure: Failure?
    /// What failed: the restore, or the integration of a log.
    private var failedLog: String?
    /// Logs integrated so far, in order.
    private(set) var steps: [IntegrationOutcome.Step] = []
    /// Logs that can still be integrated.
    private(set) var remaining: [FollowingLog] = []
    private var box = ListBox([])
    private var first = 0
    /// The person said that it is enough.
    private var isFinished = false

    static let restoreID = "restore"
    static let integrateID = "integrate"

    // MARK: Life

    /// The wizard comes here by doing it.
    mutating func enter(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        self = ResultStep()
        state = .running
        let restore = choices.restore(context.surroundings)
        return [
            .effect(
                .run(
                    OperationRequest(
                        id: ResultStep.restoreID, title: "Restore of backup \(choices.preview?.archive.number ?? 0)",
                        commandLine: choices.commandLine, changesData: choices.isInPlace, stopLeaves: choices.stopLeaves
                    ) { job in try restore.run(job) }))
        ]
    }

    mutating func ended(
        _ operation: String, _ result: Result<any Sendable, Failure>, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer] {
        guard state == .running else { return [] }
        switch result {
        case .failure(let failure):
            self.failure = failure
            state = operation == ResultStep.restoreID ? .failed : .done
        case .success(let value):
            failure = nil
            failedLog = nil
            state = .done
            if let restored = value as? RestoreOutcome {
                outcome = restored
                steps = restored.integrated
                if choices.effectiveLogs == .oneByOne { remaining = choices.logsToIntegrate }
            } else if let integrated = value as? IntegrationOutcome {
                steps += integrated.integrated
                outcome?.lastOperation = integrated.lastOperation
                remaining.removeAll { log in steps.contains { $0.log == log.path } }
            }
        }
        showRemaining()
        return [.effect(.refresh)]
    }

    private mutating func showRemaining() {
        let width = remaining.map { CharacterWidth.of(RestoreWords.name($0.path)) }.max() ?? 0
        box = ListBox(
            remaining.enumerated().map { index, log in
                ListItem(
                    "\(TextFitting.pad(RestoreWords.name(log.path), columns: width))  \(RestoreWords.range(log.first, log.last))", detail: Timestamp.local(log.end),
                    disabledReason: index == 0 ? nil : "The logs before it come first.")
            })
        focus = FocusRing(["list", "text", "buttons"])
        focus.skip(isAsking ? ["text"] : ["list"])
        focus.focus(isAsking && failure == nil ? "list" : "buttons")
    }

    /// Another log can be integrated, and nobody has said that it is enough.
    var isAsking: Bool { state == .done && !isFinished && !remaining.isEmpty }

    // MARK: Actions

    func validate(_ choices: RestoreChoices) -> [FieldIssue] { [] }

    func actions(_ choices: RestoreChoices, _ context: PageContext) -> [ActionRow<String>] {
        guard isAsking else {
            return state == .done ? [ActionRow("again", keys: ["r"], title: "Another restore", help: "Begins at the first step.")] : []
        }
        return [
            ActionRow("integrate", keys: ["i"], title: "Integrate", help: "Integrates the next log.", disabledReason: context.writeObstacle),
            ActionRow("all", keys: ["a"], title: "All of them", help: "Integrates all logs that are left, in order.", disabledReason: context.writeObstacle),
            ActionRow("finish", keys: ["f", .escape], title: "Finish", help: "Leaves the data as they are now."),
        ]
    }

    func buttons(_ choices: RestoreChoices, _ context: PageContext) -> [Button<String>] {
        switch state {
        case .idle, .running: return []
        case .failed: return [Button("back", "Back"), Button("again", "Another restore")]
        case .done where isAsking:
            return [
                Button("integrate", failure == nil ? "Integrate" : "Try again", disabledReason: context.writeObstacle),
                Button("all", "All of them", disabledReason: context.writeObstacle), Button("finish", "Finish"),
            ]
        case .done: return [Button("again", "Another restore"), Button("back", "Back")]
        }
    }

    mutating func perform(_ action: String, _ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        switch action {
        case "integrate": return integrate(Array(remaining.prefix(1)), choices, context)
        case "all": return integrate(remaining, choices, context)
        case "finish":
            isFinished = true
            showRemaining()
            return []
        case "again": return [.startOver]
        default: return []
        }
    }

    private mutating func integrate(_ logs: [FollowingLog], _ choices: RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        guard let last = logs.last, let data = outcome?.data, context.writeObstacle == nil else { return [] }
        // The end point belongs to the log that holds it: an earlier one is taken whole.
        var until: Engine.Point?
        if case .operation(let end) = choices.end, end <= last.last { until = .operation(end) }
        var words = ["msc", "integrate", data] + logs.map(\.path)
        if case .operation(let end) = until { words += ["--until-operation", String(end)] }
        let integration = Integration(
            data: data, surroundings: context.surroundings, logs: logs.map(\.path), until: until, insideTransaction: false)
        state = .running
        failedLog = logs.first?.path
        return [
            .effect(
                .run(
                    OperationRequest(
                        id: ResultStep.integrateID, title: "Integration of \(logs.count == 1 ? RestoreWords.name(last.path) : "\(logs.count) logs")",
                        commandLine: ShellWords.line(words), changesData: true,
                        stopLeaves: "A Stop leaves the restored data as after the last log that was integrated completely."
                    ) { job in try integration.run(job) }))
        ]
    }

    mutating func handle(
        _ event: TerminalEvent, in rect: Rect, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer]? {
        if focus.has("list"), isAsking {
            switch box.handle(event, in: places(in: rect).list) {
            case .chosen: return integrate(Array(remaining.prefix(1)), choices, context)
            case .handled:
                guard let index = box.selected, let reason = box.items[index].disabledReason, event == .key(.enter) else { return [] }
                return [.effect(.message(reason, .warning))]
            default: return nil
            }
        }
        let step: Int
        switch event {
        case .key(.up), .key("k"): step = -1
        case .key(.down), .key("j"): step = 1
        case .key(.pageUp): step = -10
        case .key(.pageDown): step = 10
        case .mouse(let mouse) where mouse.action == .wheelUp: step = -3
        case .mouse(let mouse) where mouse.action == .wheelDown: step = 3
        default: return nil
        }
        let place = places(in: rect).text
        let most = max(0, lines(choices, context, columns: place.columns).count - place.rows)
        first = min(max(0, first + step), most)
        return []
    }

    // MARK: Picture

    private func places(in rect: Rect) -> (text: Rect, list: Rect) {
        let wanted = isAsking ? min(remaining.count, max(1, rect.rows / 3)) : 0
        let parts = rect.split(rows: .flexible(minimum: 1), .fixed(wanted))
        return (parts[0], parts[1])
    }

    func render(into frame: inout Frame, _ rect: Rect, _ choices: RestoreChoices, _ context: PageContext) {
        let places = places(in: rect)
        let lines = lines(choices, context, columns: places.text.columns)
        let start = min(first, max(0, lines.count - places.text.rows))
        for (row, line) in lines.dropFirst(start).prefix(places.text.rows).enumerated() {
            frame.write(line.0, in: places.text.line(row), style: line.1)
        }
        if isAsking { box.render(into: &frame, places.list, isFocused: focus.has("list")) }
    }

    private func lines(_ choices: RestoreChoices, _ context: PageContext, columns: Int) -> [(String, Style)] {
        ResultText(self, choices, context.application).paragraphs.flatMap { text, style in
            TextFitting.wrap(text, columns: columns).map { ($0, style) }
        }
    }

    /// The log that could not be integrated.
    var unsuccessfulLog: String? { failure == nil ? nil : failedLog }
}

/// What a restore came to, in sentences.
struct ResultText {
    private(set) var paragraphs: [(String, Style)] = []

    init(_ step: ResultStep, _ choices: RestoreChoices, _ application: Application) {
        switch step.state {
        case .idle: return
        case .running: add("The restore is running.", .hint)
        case .failed:
            guard let failure = step.failure else { return }
            add("The restore did not take place.", .error)
            addFailure(failure)
            add("")
            add(choices.isInPlace ? "The database is as it was." : "Nothing stands at the destination; the database in use is as it was.")
        case .done: addDone(step, choices, application)
        }
    }

    private mutating func add(_ text: String, _ style: Style = .normal) { paragraphs.append((text, style)) }

    private mutating func addFailure(_ failure: Failure) {
        add(RestoreWords.sentence(failure), .error)
        add(failure.hint)
    }

    private mutating func addDone(_ step: ResultStep, _ choices: RestoreChoices, _ application: Application) {
        guard let outcome = step.outcome else { return }
        if let failure = step.failure {
            add("\(step.unsuccessfulLog.map(RestoreWords.name) ?? "The log") was not integrated.", .error)
            addFailure(failure)
            add("The restored data are as before it.")
            add("")
        }
        add(choices.isInPlace ? "The data are restored in place." : "The files are restored.", .good)
        add("\(choices.isInPlace ? "Data file" : "Folder"): \(choices.isInPlace ? outcome.data ?? outcome.destination : outcome.destination)")
        if !choices.isInPlace, let data = outcome.data { add("Data file: \(data)") }
        for log in step.steps {
            add("\(RestoreWords.count(log.operations, "operation")) \(log.operations == 1 ? "was" : "were") integrated from \(RestoreWords.name(log.log))\(log.recordOperations == log.operations ? "" : ", \(log.recordOperations) of them on records").")
        }
        if let last = outcome.lastOperation { add("The data are as after operation \(last).", .title) }
        for warning in outcome.warnings { add("Note: \(warning).", .warning) }
        if step.isAsking {
            add("")
            let last = step.steps.last
            add("\(last.map { "\(RestoreWords.count($0.operations, "operation")) \($0.operations == 1 ? "was" : "were") integrated. Integrate another?" } ?? "Integrate a log?")", .title)
        } else if !choices.isInPlace, outcome.data != nil {
            add("")
            add("The restored data are a copy: they do not write to the log of the original. 'msc log start' makes them a database of their own.", .hint)
        }
    }
}
