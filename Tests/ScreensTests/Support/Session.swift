// A session without a terminal, a thread or a wait: scripted keys, a clock that is moved by hand, work that is done on demand.

import Engine
import Synchronization
import TerminalKit
import TerminalSupport
import Vocabulary

@testable import Screens

/// What a probe page was asked, in order.
final class Diary: Sendable {
    private let lines = Mutex<[String]>([])
    func write(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// A page that writes down what it is asked and does what the test tells it.
struct ProbePage: Page {
    var name: String
    var diary: Diary
    var rows: [ActionRow<String>] = []
    /// The effects of each action.
    var effects: [String: [Effect]] = [:]
    var endEffects: [Effect] = []
    /// Keys that the page handles by itself.
    var handled: Set<Key> = []

    func actions(_ context: PageContext) -> ActionTable<String> { ActionTable(rows) }

    mutating func appear(_ request: PageRequest?, _ context: PageContext) -> [Effect] {
        diary.write("\(name) appears\(request.map { " for \($0)" } ?? "")")
        return effects["appear"] ?? []
    }

    mutating func perform(_ action: String, _ context: PageContext) -> [Effect] {
        diary.write("\(name) performs \(action)")
        return effects[action] ?? []
    }

    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]? {
        if case .key(let key) = event, !handled.contains(key) { return nil }
        diary.write("\(name) handles \(event)")
        return []
    }

    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        switch result {
        case .success(let value): diary.write("\(name) receives \(key): \(value)")
        case .failure(let failure): diary.write("\(name) receives \(key): error \(failure.code.rawValue)")
        }
        return []
    }

    mutating func ended(_ operation: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] {
        switch result {
        case .success(let value): diary.write("\(name): \(operation) ended with \(value)")
        case .failure(let failure): diary.write("\(name): \(operation) ended with error \(failure.code.rawValue)")
        }
        return endEffects
    }

    mutating func refreshed(_ context: PageContext) -> [Effect] {
        diary.write("\(name) refreshed")
        return []
    }

    mutating func resized(_ context: PageContext) -> [Effect] {
        diary.write("\(name) has \(context.room.columns)x\(context.room.rows)")
        return []
    }

    func render(into frame: inout Frame, _ rect: Rect, _ context: PageContext) {
        frame.write("Page \(name)", in: rect.line(0))
    }
}

/// Everything around the loop, for one test.
final class Session {
    let diary = Diary()
    let lanes = ManualLanes()
    let clock = ManualClock()
    /// What the next look at log and backups finds.
    let overview: Box<Overview?>
    var information: ProbePage
    var backup: ProbePage
    var rollback: ProbePage
    var isReadOnly = false
    var opening: Opening?
    /// The exit status of the last run.
    private(set) var status: Int32 = -1

    final class Box<Value: Sendable>: Sendable {
        private let value: Mutex<Value>
        init(_ value: Value) { self.value = Mutex(value) }
        func get() -> Value { value.withLock { $0 } }
        func set(_ new: Value) { value.withLock { $0 = new } }
    }

    init(_ overview: Overview? = Scene.overview()) {
        self.overview = Box(overview)
        information = ProbePage(name: "information", diary: diary)
        backup = ProbePage(name: "backup", diary: diary)
        rollback = ProbePage(name: "rollback", diary: diary)
    }

    /// Plays a script from the first picture to its end.
    func play(
        size: GridSize = GridSize(columns: 80, rows: 24), page: PageID = .information, _ steps: [ScriptedTerminal.Step]
    ) -> ScriptedTerminal {
        var terminal = ScriptedTerminal(size, steps: steps)
        let box = overview
        status = Interface(
            Scene.application, Scene.surroundings, page: page, isReadOnly: isReadOnly, opening: opening, stopwatch: clock, lanes: lanes.lanes,
            pages: [(.information, information), (.backup, backup), (.rollback, rollback)], overview: { _ in box.get() }
        ).run(on: &terminal)
        return terminal
    }
}

extension ScriptedTerminal.Step {
    static func key(_ key: Key) -> Self { .event(.key(key)) }
    static func click(_ column: Int, _ row: Int) -> Self { .event(.mouse(MouseEvent(.left, at: .init(column: column, row: row)))) }
    static var woken: Self { .event(.woken) }
    static var timedOut: Self { .event(.timedOut) }
    /// Something of the test's own between two events.
    static func then(_ action: @escaping () -> Void) -> Self { .perform { _ in action() } }
}
