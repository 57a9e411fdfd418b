// Fourth step: everything that will happen, before a byte changes. A restore in place is confirmed here in writing.

import Engine
import TerminalKit
import Vocabulary

struct ReviewStep: WizardStep {
    var focus = FocusRing(["text", "word", "buttons"])
    private var field = TextField("", maximumLength: 200)
    private var first = 0

    var isTyping: Bool { focus.has("word") }

    mutating func enter(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        field.set("")
        choices.isConfirmed = false
        first = 0
        focus = FocusRing(["text", "word", "buttons"])
        focus.skip(choices.isInPlace ? [] : ["word"])
        focus.focus(choices.isInPlace ? "word" : "buttons")
        return []
    }

    // MARK: Actions

    func validate(_ choices: RestoreChoices) -> [FieldIssue] {
        choices.isInPlace && !choices.isConfirmed
            ? [.obstacle("word", "Type the name of the database to confirm that its data are replaced.")] : []
    }

    func actions(_ choices: RestoreChoices, _ context: PageContext) -> [ActionRow<String>] {
        [
            ActionRow("restore", keys: isTyping ? [] : ["R"], title: "Restore", help: "Does what is written here.", disabledReason: obstacle(choices, context)),
            ActionRow(
                "verify", keys: isTyping ? [] : ["v"], title: "Verify", help: "Reads the archive to its last byte and checks every digest, before anything is restored.",
                disabledReason: context.isBusy ? "An operation is running." : nil),
        ]
    }

    private func obstacle(_ choices: RestoreChoices, _ context: PageContext) -> String? {
        context.writeObstacle ?? validate(choices).first(where: \.isObstacle)?.sentence
    }

    func buttons(_ choices: RestoreChoices, _ context: PageContext) -> [Button<String>] {
        [Button("back", "Back"), Button("restore", "Restore", disabledReason: obstacle(choices, context))]
    }

    mutating func perform(_ action: String, _ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        switch action {
        case "restore": return obstacle(choices, context) == nil ? [.next] : []
        case "verify": return choices.preview.map { [.effect(.run(BackupStep.verification(of: $0.archive)))] } ?? []
        default: return []
        }
    }

    mutating func handle(
        _ event: TerminalEvent, in rect: Rect, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer]? {
        let places = places(in: rect, choices)
        if focus.has("word") {
            let word = context.application.name
            switch field.handle(event, in: wordPlace(places.word, word)) {
            case .handled:
                choices.isConfirmed = field.text == word
                return []
            case .chosen:
                if obstacle(choices, context) == nil { return [.next] }
                return [.effect(.message(obstacle(choices, context) ?? "", .warning))]
            case .cancelled: return [.back]
            case .ignored: break
            }
        }
        let count = lines(choices, context, columns: places.text.columns, Glyphs.unicode).count
        let most = max(0, count - places.text.rows)
        let step: Int
        switch event {
        case .key(.up), .key("k"): step = -1
        case .key(.down), .key("j"): step = 1
        case .key(.pageUp): step = -max(1, places.text.rows - 1)
        case .key(.pageDown): step = max(1, places.text.rows - 1)
        case .key(.home): step = -count
        case .key(.end): step = count
        case .mouse(let mouse) where mouse.action == .wheelUp: step = -3
        case .mouse(let mouse) where mouse.action == .wheelDown: step = 3
        default: return nil
        }
        first = min(max(0, min(first, most) + step), most)
        return []
    }

    // MARK: Picture

    private func places(in rect: Rect, _ choices: RestoreChoices) -> (text: Rect, word: Rect) {
        let parts = rect.split(rows: .flexible(minimum: 1), .fixed(choices.isInPlace ? 1 : 0))
        return (parts[0], parts[1])
    }

    private func wordPlace(_ rect: Rect, _ word: String) -> Rect {
        let width = min(rect.columns, CharacterWidth.of(ReviewStep.question(word)) + 1)
        return Rect(column: rect.column + width, row: rect.row, columns: rect.columns - width, rows: rect.rows)
    }

    private static func question(_ word: String) -> String { "Type \(word) to confirm" }

    func render(into frame: inout Frame, _ rect: Rect, _ choices: RestoreChoices, _ context: PageContext) {
        let places = places(in: rect, choices)
        let lines = lines(choices, context, columns: places.text.columns, frame.glyphs)
        let start = min(first, max(0, lines.count - places.text.rows))
        let shown = start..<min(lines.count, start + places.text.rows)
        let bar = ScrollBar(count: lines.count, visible: shown)
        for (row, line) in lines[shown].enumerated() {
            frame.write(line.name, at: places.text.column, places.text.row + row, style: .label, limit: places.text.endColumn)
            let indent = min(ReviewStep.indent, places.text.columns)
            frame.write(line.text, at: places.text.column + indent, places.text.row + row, style: line.style, limit: places.text.endColumn - 1)
        }
        if bar.isNeeded {
            bar.render(into: &frame, Rect(column: places.text.endColumn - 1, row: places.text.row, columns: 1, rows: places.text.rows))
        }
        if choices.isInPlace {
            let word = context.application.name
            frame.write(ReviewStep.question(word), in: places.word, style: .warning)
            field.render(into: &frame, wordPlace(places.word, word), isFocused: focus.has("word"))
        }
    }

    private struct Line {
        var name: String
        var text: String
        var style: Style
    }

    private static let indent = 11

    private func lines(_ choices: RestoreChoices, _ context: PageContext, columns: Int, _ glyphs: Glyphs) -> [Line] {
        RestoreReview(choices, context.application, glyphs).facts.flatMap { fact in
            TextFitting.wrap(fact.text, columns: max(8, columns - ReviewStep.indent - 1)).enumerated().map { index, text in
                Line(name: index == 0 ? fact.name : "", text: text, style: fact.style)
            }
        }
    }
}
