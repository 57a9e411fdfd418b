// Third step: which logs are integrated, and the point to stop at: everything, an operation, a time, or a place on the time line.
// A point that cannot be reached is refused with the reason, and the nearest ones that can are offered.

import Engine
import TerminalKit
import Vocabulary

struct PointStep: WizardStep {
    private static let order = ["logs", "until", "number", "time", "list", "line", "buttons"]

    var focus = FocusRing(PointStep.order)
    private var logs = RadioButtons(["none", "one by one", "all that follow"], chosen: 2)
    private var until = RadioButtons(["the end", "operation", "time"])
    private var number = TextField("", placeholder: "number", maximumLength: 20)
    private var time = TextField("", placeholder: "2026-11-21 10:13:17", maximumLength: 32)
    private var box = ListBox([])
    private(set) var browser: FileBrowser?
    /// What is wrong with what was typed.
    private var problem: String?
    /// A reading of the archive with the logs that were added is under way.
    private var isReading = false
    /// Where the cursor of the time line was put by hand; otherwise it shows the end.
    private var cursor: Int64?

    var isTyping: Bool { focus.has("number") || focus.has("time") || (browser?.isTyping ?? false) }
    var isModal: Bool { browser != nil }

    private static let standingKey = "point/standing"
    private static let folderKey = "point/folder"

    // MARK: Life

    mutating func enter(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        let obstacle = choices.logsObstacle
        logs = RadioButtons(
            logs.titles, chosen: choices.effectiveLogs.rawValue, disabled: obstacle != nil ? [1, 2] : choices.isInPlace ? [1] : [])
        if choices.isInPlace, choices.logs == .oneByOne {
            choices.logs = .all
            logs = RadioButtons(logs.titles, chosen: 2, disabled: [1])
        }
        showWish(choices.wish)
        showLogs(choices)
        settleFocus(choices)
        return look(&choices)
    }

    /// The fields show the wish.
    private mutating func showWish(_ wish: Engine.Point?) {
        switch wish {
        case nil: until = RadioButtons(until.titles, chosen: 0)
        case .operation(let operation):
            until = RadioButtons(until.titles, chosen: 1)
            number.set(String(operation))
        case .time(let moment):
            until = RadioButtons(until.titles, chosen: 2)
            time.set(Timestamp.local(moment))
        }
        problem = nil
    }

    private mutating func showLogs(_ choices: RestoreChoices) {
        guard let preview = choices.preview else { return box = ListBox([]) }
        let width = (preview.logs + preview.beyond).map { CharacterWidth.of(RestoreWords.name($0.path)) }.max() ?? 0
        var items = preview.logs.map { log in
            ListItem(
                "\(TextFitting.pad(RestoreWords.name(log.path), columns: width))  \(RestoreWords.range(max(log.first, preview.held + 1), log.last))",
                detail: Timestamp.local(log.end))
        }
        for gap in preview.gaps {
            items.append(ListItem("missing: \(RestoreWords.operations(gap.first, gap.last))", style: .error, disabledReason: "No log at hand holds them."))
        }
        for log in preview.beyond {
            items.append(
                ListItem(
                    "\(TextFitting.pad(RestoreWords.name(log.path), columns: width))  \(RestoreWords.range(log.first, log.last))", detail: "out of reach",
                    disabledReason: "Operations before it are missing."))
        }
        box.replace(items)
    }

    private mutating func settleFocus(_ choices: RestoreChoices) {
        var skipped: Set<String> = until.chosen == 1 ? ["time"] : until.chosen == 2 ? ["number"] : ["number", "time"]
        if choices.effectiveLogs == .none { skipped.formUnion(["until", "number", "time", "line"]) }
        if box.items.isEmpty { skipped.insert("list") }
        focus.skip(skipped)
    }

    /// Looks up what the wish comes to.
    private mutating func look(_ choices: inout RestoreChoices) -> [StepAnswer] {
        choices.standing = nil
        guard let preview = choices.preview, problem == nil else { return [.effect(.cancelLoad(key: PointStep.standingKey))] }
        let wish = choices.effectiveLogs == .none ? .operation(preview.held) : choices.wish
        return [.effect(.load(key: PointStep.standingKey) { _ in try preview.standing(of: wish) })]
    }

    mutating func receive(
        _ key: String, _ result: Result<any Sendable, Failure>, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer] {
        switch (key, result) {
        case (PointStep.folderKey, _): browser?.receive(result)
        case (PointStep.standingKey, .success(let value)): choices.standing = value as? PointStanding
        case (PointStep.standingKey, .failure(let failure)): choices.standing = PointStanding(refusal: failure)
        case ("point/step", .success(let value)):
            if let point = value as? RestorePoint? ?? nil { return wish(.operation(point.operation), &choices) }
        case ("point/preview", .success(let value)):
            isReading = false
            guard let preview = value as? RestorePreview else { return [] }
            choices.choose(preview)
            showLogs(choices)
            settleFocus(choices)
            return look(&choices)
        case ("point/preview", .failure(let failure)), ("point/step", .failure(let failure)):
            isReading = false
            return [.effect(.message(RestoreWords.sentence(failure), .error))]
        default: break
        }
        return []
    }

    private mutating func wish(_ point: Engine.Point?, _ choices: inout RestoreChoices) -> [StepAnswer] {
        choices.wish = point
        showWish(point)
        cursor = nil
        if case .time(let moment) = point { cursor = moment }
        settleFocus(choices)
        return look(&choices)
    }

    // MARK: Actions

    func validate(_ choices: RestoreChoices) -> [FieldIssue] {
        if isReading { return [.obstacle("list", "The logs are being read.")] }
        if choices.effectiveLogs == .none {
            let reason = choices.logsObstacle
            return [.note("logs", reason ?? "The data stay as the backup holds them.")]
        }
        if let problem { return [.obstacle(until.chosen == 1 ? "number" : "time", problem)] }
        guard let standing = choices.standing else { return [.obstacle("line", "The point is being looked up.")] }
        if let refusal = standing.refusal {
            let near = [standing.before.map { "< \(RestoreWords.shortPoint($0))" }, standing.after.map { "> \(RestoreWords.shortPoint($0))" }].compactMap { $0 }
            return [.obstacle("line", "\(RestoreWords.sentence(refusal)) \(near.isEmpty ? refusal.hint : "Nearest: \(near.joined(separator: ", ")).")")]
        }
        if choices.wish == nil, let gap = choices.preview?.gaps.first {
            return [.note("list", "Missing: \(RestoreWords.operations(gap.first, gap.last)). The restore ends before them; Add log names a file that holds them.")]
        }
        return []
    }

    func actions(_ choices: RestoreChoices, _ context: PageContext) -> [ActionRow<String>] {
        let standing = choices.standing
        func near(_ point: RestorePoint?) -> String? {
            point != nil ? nil : standing?.refusal == nil ? "The point can be reached as it is." : "There is no such point on that side."
        }
        return [
            ActionRow("before", keys: isTyping ? [.alt("<"), .alt(",")] : ["<", ","], title: "Before", help: "Takes the nearest point before a refused one.", disabledReason: near(standing?.before), isInFooter: standing?.refusal != nil),
            ActionRow("after", keys: isTyping ? [.alt(">"), .alt(".")] : [">", "."], title: "After", help: "Takes the nearest point after a refused one.", disabledReason: near(standing?.after), isInFooter: standing?.refusal != nil),
            ActionRow("add", keys: isTyping ? [] : ["a"], title: "Add log", help: "Names a log, or a folder of logs, that stands elsewhere.", disabledReason: choices.logsObstacle),
            ActionRow("operation", keys: isTyping ? [] : ["o"], title: "Operation", help: "Stops at an operation.", disabledReason: choices.logsObstacle),
            ActionRow("time", keys: isTyping ? [] : ["t"], title: "Time", help: "Stops at a time.", disabledReason: choices.logsObstacle),
            ActionRow("line", keys: isTyping ? [] : ["m"], title: "Time line", help: "Moves along the time line: arrows by columns, Shift with arrows from one committed state to the next.", disabledReason: choices.logsObstacle),
        ]
    }

    mutating func perform(_ action: String, _ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        switch action {
        case "before": return choices.standing?.before.map { wish(.operation($0.operation), &choices) } ?? []
        case "after": return choices.standing?.after.map { wish(.operation($0.operation), &choices) } ?? []
        case "add":
            let browser = FileBrowser("Add a log", folder: context.application.folder, endings: [".4BL", ".journal"])
            self.browser = browser
            return [.effect(browser.load(PointStep.folderKey))]
        case "operation", "time":
            if choices.effectiveLogs == .none { choose(.all, &choices) }
            until = RadioButtons(until.titles, chosen: action == "operation" ? 1 : 2)
            settleFocus(choices)
            focus.focus(action == "operation" ? "number" : "time")
            return typed(&choices)
        case "line":
            if choices.effectiveLogs == .none { choose(.all, &choices) }
            settleFocus(choices)
            focus.focus("line")
            return look(&choices)
        default: return []
        }
    }

    private mutating func choose(_ mode: RestoreChoices.Logs, _ choices: inout RestoreChoices) {
        choices.logs = mode
        logs = RadioButtons(logs.titles, chosen: mode.rawValue, disabled: logs.disabled)
    }

    mutating func handle(
        _ event: TerminalEvent, in rect: Rect, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer]? {
        if browser != nil {
            let (path, answers) = browser.take(event, in: rect, key: PointStep.folderKey)
            return path.map { add($0, &choices, context) } ?? answers
        }
        let places = places(in: rect)
        if case .mouse(let mouse) = event, mouse.action == .left { focus(at: mouse.place, places) }
        switch focus.current {
        case "logs":
            switch logs.handle(event, in: places.logs) {
            case .chosen(let index):
                choices.logs = RestoreChoices.Logs(rawValue: index) ?? .all
                settleFocus(choices)
                return look(&choices)
            case .handled:
                let reason = choices.logsObstacle ?? (choices.isInPlace ? "In place the data change in one step: restore into a folder to go log by log." : nil)
                return reason.map { [.effect(.message($0, .warning))] } ?? []
            default: break
            }
        case "until":
            switch until.handle(event, in: places.until) {
            case .chosen:
                settleFocus(choices)
                return typed(&choices)
            case .handled: return []
            default: break
            }
        case "number": return type(event, \.number, places.number, &choices)
        case "time": return type(event, \.time, places.time, &choices)
        case "list":
            switch box.handle(event, in: places.list) {
            case .chosen(let index):
                guard let log = choices.preview?.logs[index], choices.effectiveLogs != .none else { return [] }
                return wish(.operation(log.last), &choices)
            case .handled: return []
            default: break
            }
        case "line": if let answers = move(event, places.line, &choices) { return answers }
        default: break
        }
        return event == .key(.enter) ? [.next] : nil
    }

    private mutating func focus(at place: TerminalKit.Point, _ places: Places) {
        let controls = [("logs", places.logs), ("number", places.number), ("time", places.time), ("until", places.until), ("list", places.list), ("line", places.line)]
        if let name = controls.first(where: { $0.1.contains(place) && !focus.skipped.contains($0.0) })?.0 { focus.focus(name) }
    }

    private mutating func type(
        _ event: TerminalEvent, _ path: WritableKeyPath<PointStep, TextField>, _ place: Rect, _ choices: inout RestoreChoices
    ) -> [StepAnswer]? {
        let before = self[keyPath: path].text
        switch self[keyPath: path].handle(event, in: place) {
        case .handled: return self[keyPath: path].text == before ? [] : typed(&choices)
        case .chosen: return [.next]
        case .cancelled: return [.back]
        case .ignored: return nil
        }
    }

    /// Takes what the fields say.
    private mutating func typed(_ choices: inout RestoreChoices) -> [StepAnswer] {
        problem = nil
        cursor = nil
        switch until.chosen {
        case 1:
            if let operation = UInt64(number.text) { choices.wish = .operation(operation) } else {
                problem = number.text.isEmpty ? "Type the number of the last operation to keep." : "'\(number.text)' is not a number."
            }
        case 2:
            do throws(Failure) {
                if time.text.isEmpty {
                    problem = "Type the time to go back to, such as \(Timestamp.local(choices.preview?.archive.time ?? 0))."
                } else {
                    choices.wish = .time(try Timestamp.parse(time.text))
                }
            } catch {
                problem = "\(error.sentence). \(error.hint)"
            }
        default: choices.wish = nil
        }
        return look(&choices)
    }

    /// Moves the cursor of the time line.
    private mutating func move(_ event: TerminalEvent, _ rect: Rect, _ choices: inout RestoreChoices) -> [StepAnswer]? {
        guard let preview = choices.preview else { return nil }
        let line = timeLine(choices, context: nil)
        func column(_ step: Int) -> [StepAnswer] {
            let now = line.column(of: line.cursor ?? line.end, columns: rect.columns)
            let next = min(max(0, now + step), max(0, rect.columns - 1))
            return wish(.time(line.time(at: next, columns: rect.columns)), &choices)
        }
        func neighbour(_ forward: Bool) -> [StepAnswer] {
            let standing = choices.standing
            let from = standing?.end?.operation ?? standing?.before?.operation ?? preview.lastOperation
            return [.effect(.load(key: "point/step") { _ in try preview.point(from: from, forward: forward) })]
        }
        switch event {
        case .key(.left), .key("h"): return column(-1)
        case .key(.right), .key("l"): return column(1)
        case .key(.ctrlLeft), .key(.pageUp): return column(-10)
        case .key(.ctrlRight), .key(.pageDown): return column(10)
        case .key(.shiftLeft), .key("["): return neighbour(false)
        case .key(.shiftRight), .key("]"): return neighbour(true)
        case .key(.home): return wish(.operation(preview.held), &choices)
        case .key(.end): return wish(nil, &choices)
        case .mouse(let mouse) where mouse.action == .left && rect.contains(mouse.place):
            return wish(.time(line.time(at: mouse.place.column - rect.column, columns: rect.columns)), &choices)
        default: return nil
        }
    }

    /// A log that stands elsewhere: the archive is read anew along with it.
    private mutating func add(_ log: String, _ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        guard let archive = choices.preview?.archive.path else { return [] }
        if !choices.otherLogs.contains(log) { choices.otherLogs.append(log) }
        isReading = true
        return [.effect(BackupStep.load(archive, choices.otherLogs, context, key: "point/preview"))]
    }

    // MARK: Picture

    private struct Places {
        var logs, until, number, time, list, line, outcome: Rect
    }

    private func places(in rect: Rect) -> Places {
        let parts = rect.split(rows: .fixed(1), .fixed(3), .fixed(1), .flexible(minimum: 1), .fixed(RestoreTimeLine.rows), .fixed(2))
        let halves = parts[1].split(columns: .fixed(min(24, parts[1].columns * 2 / 5)), .flexible())
        let fields = Rect(column: halves[1].column + 15, row: halves[1].row, columns: min(25, max(0, halves[1].columns - 15)), rows: halves[1].rows)
        return Places(
            logs: halves[0], until: Rect(column: halves[1].column, row: halves[1].row, columns: min(15, halves[1].columns), rows: halves[1].rows),
            number: fields.line(1), time: fields.line(2), list: parts[3], line: parts[4], outcome: parts[5])
    }

    /// The line as it is now; backups come from the context where there is one.
    private func timeLine(_ choices: RestoreChoices, context: PageContext?) -> RestoreTimeLine {
        // Untested: nobody comes to this step without an archive that was looked at.
        guard let preview = choices.preview else {
            return RestoreTimeLine(
                RestorePreview(archive: ArchiveSummary(path: "", bytes: 0, application: "", number: 0, time: 0, lastOperation: nil, items: [], originalData: nil), held: 0, heldTime: nil, logs: [], defaultDestination: ""),
                backups: [], cursor: nil)
        }
        let sets = context?.overview?.backups.filter(\.present).compactMap { try? Timestamp.parse($0.date) } ?? []
        let standing = choices.standing
        let isRefused = standing?.refusal != nil
        var place = standing?.end?.time ?? (isRefused ? cursor ?? standing?.before?.time ?? standing?.after?.time : cursor)
        if case .time(let moment) = choices.wish, standing == nil { place = moment }
        let label = standing?.end.map { "\($0.operation)\($0.time.map { ", \(RestoreWords.clock($0))" } ?? "")" } ?? ""
        return RestoreTimeLine(preview, backups: [preview.archive.time] + sets, cursor: place, label: label, isRefused: isRefused)
    }

    func render(into frame: inout Frame, _ rect: Rect, _ choices: RestoreChoices, _ context: PageContext) {
        if let browser { return browser.render(into: &frame, rect) }
        let places = places(in: rect)
        frame.write("Integrate logs", at: places.logs.column, rect.row, style: .label, limit: rect.endColumn)
        frame.write("Up to", at: places.until.column, rect.row, style: .label, limit: rect.endColumn)
        logs.render(into: &frame, places.logs, isFocused: focus.has("logs"))
        let isOff = choices.effectiveLogs == .none
        var until = until
        if isOff { until.disabled = [0, 1, 2] }
        until.render(into: &frame, places.until, isFocused: focus.has("until"))
        number.render(into: &frame, places.number, isFocused: focus.has("number"))
        time.render(into: &frame, places.time, isFocused: focus.has("time"))
        let rule = Rect(column: rect.column, row: places.list.row - 1, columns: rect.columns, rows: min(1, rect.rows))
        frame.rule(rule)
        frame.write(" Logs that follow ", at: rule.column + 2, rule.row, style: .title, limit: rule.endColumn)
        if box.items.isEmpty {
            frame.write(choices.logsObstacle ?? "No log follows this backup. Add log names one that stands elsewhere.", in: places.list, style: .hint)
        } else {
            box.render(into: &frame, places.list, isFocused: focus.has("list"))
        }
        if !isOff { timeLine(choices, context: context).render(into: &frame, places.line, isFocused: focus.has("line")) }
        renderOutcome(into: &frame, places.outcome, choices)
    }

    private func renderOutcome(into frame: inout Frame, _ rect: Rect, _ choices: RestoreChoices) {
        guard let standing = choices.standing, let end = standing.end else {
            frame.write(RestoreTimeLine.legend(frame.glyphs), in: rect.line(1), style: .hint)
            return
        }
        let pointer = String(Character(frame.glyphs.pointer))
        frame.write("\(pointer) Ends after \(RestoreWords.point(end))", in: rect.line(0), style: .title)
        if standing.warning != nil, let rest = standing.rest {
            // The sentence in full stands among the warnings of the review.
            return frame.write("  The clock went back after it: times are out of order. Left out: \(RestoreWords.shortRest(rest, after: end))", in: rect.line(1), style: .warning)
        }
        frame.write(
            standing.rest.map { "  Left out: \(RestoreWords.shortRest($0, after: end))" } ?? "  Nothing that is known is left out.", in: rect.line(1),
            style: standing.rest == nil ? .normal : .warning)
    }
}
