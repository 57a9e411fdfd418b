// The Restore page: the wizard as one state machine. The page knows the order of the steps, the way on and back, and the frame
// around them; what is asked in a step is the step's own affair.

import Engine
import TerminalKit
import Vocabulary

/// Choose backup -> what and where -> logs and point -> review -> run and result.
struct RestorePage: Page, Sendable {
    private var steps: [any WizardStep] = [BackupStep(), ContentsStep(), PointStep(), ReviewStep(), ResultStep()]
    private(set) var current = StepID.backup
    private(set) var choices = RestoreChoices()
    private var selectedButton = "next"
    /// Another page wants to go back to an operation: its steps are gone through as far as nothing is missing.
    private var isHurrying = false

    init() {}

    private var step: any WizardStep { steps[current.rawValue] }

    // MARK: Life

    mutating func appear(_ request: PageRequest?, _ context: PageContext) -> [Effect] {
        if case .restore(let operation) = request, !isRunning {
            startOver()
            if var first = steps[0] as? BackupStep {
                first.want(operation)
                steps[0] = first
            }
            isHurrying = true
            return answer(steps[0].enter(&choices, context), context)
        }
        if current == .result { return [] }
        return current == .backup ? answer(steps[0].enter(&choices, context), context) : []
    }

    /// The overview was read anew.
    mutating func refreshed(_ context: PageContext) -> [Effect] {
        answer(steps[current.rawValue].refreshed(&choices, context), context)
    }

    private var isRunning: Bool { (steps[StepID.result.rawValue] as? ResultStep)?.state == .running }

    private mutating func startOver() { self = RestorePage() }

    // MARK: On and back

    private mutating func answer(_ answers: [StepAnswer], _ context: PageContext) -> [Effect] {
        var effects: [Effect] = []
        for answer in answers {
            switch answer {
            case .effect(let effect): effects.append(effect)
            case .next: effects += next(context)
            case .back: effects += back(context)
            case .startOver:
                startOver()
                effects += self.answer(steps[0].enter(&choices, context), context)
            }
        }
        return effects
    }

    private var obstacle: String? { step.validate(choices).first(where: \.isObstacle)?.sentence }

    private mutating func next(_ context: PageContext) -> [Effect] {
        if let issue = step.validate(choices).first(where: \.isObstacle) {
            steps[current.rawValue].focus.focus(issue.field)
            return [.message(issue.sentence, .warning)]
        }
        guard let following = StepID(rawValue: current.rawValue + 1) else { return [] }
        return go(to: following, context)
    }

    private mutating func back(_ context: PageContext) -> [Effect] {
        isHurrying = false
        guard let before = StepID(rawValue: current.rawValue - 1), !isRunning else { return [] }
        return go(to: before, context)
    }

    private mutating func go(to step: StepID, _ context: PageContext) -> [Effect] {
        current = step
        let effects = answer(steps[step.rawValue].enter(&choices, context), context)
        selectedButton = self.step.buttons(choices, context).last { $0.id != "back" }?.id ?? "back"
        return effects
    }

    /// On to the step that asks for the point, when a page wanted to go there and nothing is in the way.
    private mutating func hurry(_ context: PageContext) -> [Effect] {
        guard isHurrying else { return [] }
        guard current.rawValue < StepID.point.rawValue else {
            isHurrying = false
            return []
        }
        guard obstacle == nil else { return [] }
        return next(context) + hurry(context)
    }

    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        // A load of a step that was left still tells what is true.
        let owner: StepID = key.hasPrefix("contents/") ? .contents : key.hasPrefix("point/") ? .point : .backup
        let effects = answer(steps[owner.rawValue].receive(key, result, &choices, context), context)
        return effects + hurry(context)
    }

    mutating func ended(_ operation: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        if operation == "verify" { return verified(result) }
        guard var last = steps[StepID.result.rawValue] as? ResultStep else { return [] }
        let answers = last.ended(operation, result, &choices, context)
        steps[StepID.result.rawValue] = last
        if var first = steps[0] as? BackupStep {
            first.forget()
            steps[0] = first
        }
        let effects = answer(answers, context)
        selectedButton = step.buttons(choices, context).first?.id ?? "back"
        return effects
    }

    private mutating func verified(_ result: Result<any Sendable, Failure>) -> [Effect] {
        switch result {
        case .failure(let failure): return [.message(RestoreWords.sentence(failure), .error)]
        case .success(let value):
            guard let outcome = value as? CheckOutcome, let path = choices.preview?.archive.path else { return [] }
            guard let problem = outcome.problems.first else {
                choices.verified = path
                return [.message("The archive is sound: every byte was read, all digests are right.", .good)]
            }
            if outcome.repairable == true {
                return [.message("The archive is damaged, and its parity file can repair it: a restore reads it right; 'msc repair' makes it whole.", .warning)]
            }
            let more = outcome.problems.count > 1 ? " and \(outcome.problems.count - 1) more" : ""
            return [.message("The archive is damaged: \(problem.where): \(problem.what)\(more).", .error)]
        }
    }

    // MARK: Actions

    func actions(_ context: PageContext) -> ActionTable<String> {
        if step.isModal { return ActionTable([]) }
        let isTyping = step.isTyping
        var rows: [ActionRow<String>] = []
        let buttons = step.buttons(choices, context)
        if buttons.contains(where: { $0.id == "next" }) {
            rows.append(
                ActionRow("next", keys: isTyping ? [.ctrl("n")] : ["n", .ctrl("n")], title: "Next", help: "Goes to the next step.", disabledReason: obstacle))
        }
        rows += step.actions(choices, context)
        if buttons.contains(where: { $0.id == "back" }) {
            rows.append(ActionRow("back", keys: isTyping ? [.escape] : [.escape, "b"], title: "Back", help: "Goes back one step; nothing is forgotten."))
        }
        return ActionTable(rows)
    }

    mutating func perform(_ action: String, _ context: PageContext) -> [Effect] {
        switch action {
        case "next": return next(context)
        case "back": return back(context)
        default: return answer(steps[current.rawValue].perform(action, &choices, context), context)
        }
    }

    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]? {
        let places = RestorePage.places(in: rect)
        if step.isModal {
            return steps[current.rawValue].handle(event, in: places.body, &choices, context).map { answer($0, context) }
        }
        if case .key(let key) = event, key == .tab || key == .backTab { return moveFocus(key) }
        var row = buttonRow(context)
        switch event {
        case .mouse(let mouse) where mouse.action == .left && places.buttons.contains(mouse.place):
            return press(row.handle(event, in: places.buttons, align: .right), row, context)
        case .key where step.focus.has("buttons"):
            let outcome = row.handle(event, in: places.buttons, align: .right)
            if !outcome.isIgnored { return press(outcome, row, context, isPress: event == .key(.enter) || event == .key(" ")) }
        default: break
        }
        return steps[current.rawValue].handle(event, in: places.body, &choices, context).map { answer($0, context) }
    }

    /// From control to control; nil at the two ends, where the frame takes the focus.
    private mutating func moveFocus(_ key: Key) -> [Effect]? {
        let usable = step.focus.order.filter { !step.focus.skipped.contains($0) }
        let isLast = step.focus.current == (key == .tab ? usable.last : usable.first)
        _ = steps[current.rawValue].focus.handle(key)
        return isLast ? nil : []
    }

    private mutating func press(_ outcome: Outcome<String>, _ row: ButtonRow<String>, _ context: PageContext, isPress: Bool = true) -> [Effect] {
        if row.buttons.indices.contains(row.selected) { selectedButton = row.buttons[row.selected].id }
        if case .chosen(let id) = outcome { return perform(id, context) }
        if isPress, row.buttons.indices.contains(row.selected), let reason = row.buttons[row.selected].disabledReason {
            // What is in the way of going on gets the keys.
            if selectedButton == "next" { return next(context) }
            return [.message(reason, .warning)]
        }
        return []
    }

    private func buttonRow(_ context: PageContext) -> ButtonRow<String> {
        var row = ButtonRow(step.buttons(choices, context))
        row.select(selectedButton)
        return row
    }

    // MARK: Picture

    private static func places(in rect: Rect) -> (steps: Rect, body: Rect, issue: Rect, buttons: Rect) {
        let parts = rect.split(
            rows: .fixed(1), .fixed(rect.rows < 18 ? 0 : 1), .flexible(minimum: 1), .fixed(rect.rows < 12 ? 1 : 2), .fixed(1))
        return (parts[0], parts[2], parts[3], parts[4])
    }

    func render(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        frame.fill(rect)
        let places = RestorePage.places(in: rect)
        renderSteps(into: &frame, places.steps)
        if places.body.row > places.steps.row + 1 { frame.rule(rect.line(1)) }
        step.render(into: &frame, places.body, choices, context)
        if !step.isModal, let issue = step.validate(choices).first {
            let mark = issue.isObstacle ? String(Character(frame.glyphs.warning)) + " " : "  "
            frame.writeWrapped(mark + issue.sentence, in: places.issue, style: issue.isObstacle ? .warning : .hint)
        }
        let row = buttonRow(context)
        if !step.isModal { row.render(into: &frame, places.buttons, isFocused: step.focus.has("buttons"), align: .right) }
    }

    /// The steps with the current one in brackets; where they do not fit, the current one alone.
    private func renderSteps(into frame: inout Frame, _ rect: Rect) {
        let texts = StepID.allCases.map { $0 == current ? "[\($0.rawValue + 1) \($0.title)]" : " \($0.rawValue + 1) \($0.title) " }
        let arrow = String(Character(frame.glyphs.more))
        let width = texts.reduce(0) { $0 + CharacterWidth.of($1) } + texts.count - 1
        guard width <= rect.columns else {
            frame.write("Step \(current.rawValue + 1) of \(texts.count): \(current.heading)", in: rect, style: .title)
            return
        }
        var column = rect.column
        for (index, text) in texts.enumerated() {
            let style: Style = index == current.rawValue ? .title : index < current.rawValue ? .normal : .disabled
            column = frame.write(text, at: column, rect.row, style: style, limit: rect.endColumn)
            if index < texts.count - 1 { column = frame.write(arrow, at: column, rect.row, style: .border, limit: rect.endColumn) }
        }
        let heading = current.heading
        if column + 2 + CharacterWidth.of(heading) <= rect.endColumn {
            frame.write(heading, at: rect.endColumn - CharacterWidth.of(heading), rect.row, style: .label, limit: rect.endColumn)
        }
    }
}
