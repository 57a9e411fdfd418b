// The mouse as people use it: on what they see. And a dialog alone, played with keys and clicks.

import TerminalKit
import Testing

@testable import Screens

enum Mouse {
    /// An event where a text first stands in a picture.
    static func event(
        _ action: MouseEvent.Action = .left, on text: String, in picture: String, at location: SourceLocation = #_sourceLocation
    ) throws -> TerminalEvent {
        for (row, line) in picture.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let found = line.firstRange(of: text) else { continue }
            let column = CharacterWidth.of(String(line[..<found.lowerBound]))
            return .mouse(MouseEvent(action, at: TerminalKit.Point(column: column, row: row)))
        }
        try #require(Bool(false), "'\(text)' is nowhere in\n\(picture)", sourceLocation: location)
        return .timedOut
    }
}

/// A dialog on a screen of 80 by 24.
struct DialogScene {
    private var dialog: any Screens.Dialog
    private let size = GridSize(columns: 80, rows: 24)
    let context: PageContext
    /// What it asked for when it closed; nil while it is open.
    private(set) var closing: [Effect]?

    init(_ dialog: any Screens.Dialog, context: PageContext = Scene.context()) {
        self.dialog = dialog
        self.context = context
    }

    var picture: String {
        var frame = Frame(size)
        dialog.render(into: &frame, context)
        return frame.text
    }

    var actions: ActionTable<String> { dialog.actions(context) }

    mutating func handle(_ event: TerminalEvent) {
        if case .close(let effects) = dialog.handle(event, in: size, context) { closing = effects }
    }

    mutating func type(_ keys: Key...) { for key in keys { handle(.key(key)) } }
    mutating func type(_ text: String) { for character in text { handle(.key(.character(character))) } }

    mutating func click(on text: String, _ action: MouseEvent.Action = .left, at location: SourceLocation = #_sourceLocation) throws {
        handle(try Mouse.event(action, on: text, in: picture, at: location))
    }
}
