// Second step: which items, and where they go: into a folder that does not exist yet, or in place of the data.

import Engine
import TerminalKit
import Vocabulary

struct ContentsStep: WizardStep {
    var focus = FocusRing(["place", "folder", "tree", "buttons"])
    private var radio = RadioButtons(["Into a new folder", "In place"])
    private var field = TextField("", placeholder: "a folder that does not exist yet")
    private(set) var tree = ContentTree()
    /// The archive that the tree shows.
    private var archive: ArchiveSummary?

    var isTyping: Bool { focus.has("folder") }

    private static let placeKey = "contents/place"

    // MARK: Life

    mutating func enter(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        guard let summary = choices.preview?.archive else { return [] }
        if archive != summary {
            archive = summary
            tree = ContentTree(summary.items)
            focus = FocusRing(["place", "folder", "tree", "buttons"])
            focus.focus("tree")
        }
        if field.text != choices.destination { field.set(choices.destination) }
        let obstacle = choices.inPlaceObstacle(context.application)
        radio = RadioButtons(
            ["Into a new folder", "In place of \(summary.originalData ?? "the data file")"], chosen: choices.isInPlace ? 1 : 0,
            disabled: obstacle == nil ? [] : [1])
        return place(&choices)
    }

    /// Looks at the destination again.
    private mutating func place(_ choices: inout RestoreChoices) -> [StepAnswer] {
        focus.skip(choices.isInPlace ? ["folder", "tree"] : [])
        takeItems(&choices)
        choices.place = nil
        guard let archive, !(choices.destination.isEmpty && !choices.isInPlace) else { return [] }
        let (isInPlace, folder, needed) = (choices.isInPlace, choices.destination, choices.itemBytes)
        return [
            .effect(
                .load(key: ContentsStep.placeKey) { job in
                    isInPlace ? try RestoreDestination(inPlace: archive, job) : RestoreDestination(folder: folder, needed: needed)
                })
        ]
    }

    private func takeItems(_ choices: inout RestoreChoices) {
        guard !choices.isInPlace else {
            choices.items = []
            choices.takesData = true
            choices.itemCount = 1
            choices.itemBytes = archive?.items.first { $0.role == "data" }?.size ?? 0
            return
        }
        choices.items = tree.chosen ?? []
        (choices.itemCount, choices.itemBytes) = tree.sum
        choices.takesData = archive?.items.contains { $0.role == "data" && tree.holds($0.name) } ?? false
    }

    mutating func receive(
        _ key: String, _ result: Result<any Sendable, Failure>, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer] {
        switch result {
        case .success(let value): choices.place = value as? RestoreDestination
        case .failure(let failure):
            choices.place = RestoreDestination(path: choices.destination, needed: choices.itemBytes, free: 0, problem: failure)
        }
        return []
    }

    // MARK: Actions

    func validate(_ choices: RestoreChoices) -> [FieldIssue] {
        if !choices.isInPlace {
            if tree.chosen == nil { return [.obstacle("tree", "Nothing is checked.")] }
            if choices.destination.isEmpty { return [.obstacle("folder", "Name the folder for the restored files.")] }
        }
        guard let place = choices.place else {
            return [.obstacle("place", choices.isInPlace ? "The data file is being checked." : "The destination is being looked at.")]
        }
        let field = choices.isInPlace ? "place" : "folder"
        if let problem = place.problem { return [.obstacle(field, RestoreWords.sentence(problem))] }
        return choices.takesData ? [] : [.note("tree", "Without the data file no log can be integrated.")]
    }

    func actions(_ choices: RestoreChoices, _ context: PageContext) -> [ActionRow<String>] {
        let inPlace = choices.isInPlace ? "In place, the data file alone is restored." : nil
        return [
            ActionRow("checkAll", keys: isTyping ? [] : ["a"], title: "Check all", help: "Restores everything in the archive.", disabledReason: inPlace),
            ActionRow("uncheckAll", keys: isTyping ? [] : ["u"], title: "Uncheck all", help: "Leaves every item out.", disabledReason: inPlace),
            ActionRow(
                "inPlace", keys: isTyping ? [] : ["i"], title: choices.isInPlace ? "Folder" : "In place",
                help: "Changes between a folder and the data file's own place.",
                disabledReason: choices.isInPlace ? nil : choices.inPlaceObstacle(context.application)),
        ]
    }

    mutating func perform(_ action: String, _ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] {
        switch action {
        case "checkAll": tree.checkAll(true)
        case "uncheckAll": tree.checkAll(false)
        case "inPlace":
            choices.isInPlace.toggle()
            radio = RadioButtons(radio.titles, chosen: choices.isInPlace ? 1 : 0, disabled: radio.disabled)
            choices.isConfirmed = false
        default: return []
        }
        return place(&choices)
    }

    mutating func handle(
        _ event: TerminalEvent, in rect: Rect, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer]? {
        let places = places(in: rect)
        if case .mouse(let mouse) = event, mouse.action == .left {
            for (name, place) in zip(["place", "folder", "tree"], [places[0], places[1], places[3]]) where place.contains(mouse.place) {
                focus.focus(name)
            }
        }
        switch focus.current {
        case "place":
            switch radio.handle(event, in: places[0]) {
            case .chosen(let index):
                if choices.isInPlace == (index == 1) { return [] }
                choices.isInPlace = index == 1
                choices.isConfirmed = false
                return place(&choices)
            case .handled:
                if radio.disabled.contains(1), let reason = choices.inPlaceObstacle(context.application) {
                    return [.effect(.message(reason, .warning))]
                }
                return []
            default: break
            }
            if event == .key(.enter) { return [.next] }
        case "folder":
            let folderPlace = Rect(column: places[1].column + 7, row: places[1].row, columns: places[1].columns - 7, rows: places[1].rows)
            switch field.handle(event, in: folderPlace) {
            case .handled:
                guard field.text != choices.destination else { return [] }
                choices.destination = field.text
                return place(&choices)
            case .chosen: return [.next]
            case .cancelled: return [.back]
            case .ignored: break
            }
        case "tree":
            switch tree.handle(event, in: places[3]) {
            case .chosen: return place(&choices)
            case .handled: return []
            default: break
            }
        default: break
        }
        return nil
    }

    // MARK: Picture

    private func places(in rect: Rect) -> [Rect] { rect.split(rows: .fixed(2), .fixed(1), .fixed(1), .flexible(minimum: 1), .fixed(1)) }

    func render(into frame: inout Frame, _ rect: Rect, _ choices: RestoreChoices, _ context: PageContext) {
        let places = places(in: rect)
        radio.render(into: &frame, places[0], isFocused: focus.has("place"))
        let folder = places[1].split(columns: .fixed(7), .flexible())
        frame.write(choices.isInPlace ? "" : "Folder", in: folder[0], style: .label)
        if choices.isInPlace {
            frame.write(ContentsStep.situation(choices.place), in: places[1], style: choices.place?.situation == .damaged ? .warning : .normal)
        } else {
            field.render(into: &frame, folder[1], isFocused: focus.has("folder"))
        }
        frame.rule(places[2])
        frame.write(" Items ", at: places[2].column + 2, places[2].row, style: .title, limit: places[2].endColumn)
        if choices.isInPlace {
            frame.writeWrapped("In place, the data file alone is restored. Other items can be restored into a folder.", in: places[3], style: .hint)
        } else {
            tree.render(into: &frame, places[3], isFocused: focus.has("tree"))
        }
        let space = choices.place.map { ", \(Amount.bytes($0.free)) are free there" } ?? ""
        let sum = choices.isInPlace ? "The data file alone: \(Amount.bytes(choices.itemBytes))" : "\(RestoreWords.count(choices.itemCount, "file")), \(Amount.bytes(choices.itemBytes))"
        frame.write(sum + space, in: places[4], style: .hint)
    }

    /// How the data file's place looks, and what that means.
    static func situation(_ place: RestoreDestination?) -> String {
        switch place?.situation {
        case nil: place == nil ? "The data file is being checked…" : ""
        case .missing: "It is missing: the restored one gets its name."
        case .damaged: "It is damaged: it is set aside."
        case .live: "It is sound: its rows become the restored ones in one step."
        }
    }
}
