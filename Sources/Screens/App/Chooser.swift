// What is shown when the program is started without a database: the ones opened last, and a path to type.

public import Engine
public import TerminalKit
import Vocabulary

/// Asks which database to open.
public struct Chooser {
    /// What came of it.
    public enum Choice: Sendable {
        case open(Application)
        case quit
        case closed(Closing)
    }

    private enum Part: Hashable { case list, path }

    private let paths: [String]
    private let home: String?
    private var list: ListBox
    private var field = TextField(placeholder: "/path/of/a/database.db")
    private var focus: FocusRing<Part>
    private var problem: String?

    /// - Parameters:
    ///   - recent: the paths of the databases opened last, newest first.
    ///   - home: the user's folder, for `~/`.
    public init(recent: [String], home: String?) {
        paths = recent
        self.home = home
        list = ListBox(
            recent.map { path in
                let isThere = RecentDatabases.exists(path)
                return ListItem(path, detail: isThere ? "" : "missing", style: isThere ? .normal : .disabled)
            })
        focus = FocusRing([.list, .path])
        if recent.isEmpty { focus.skip([.list]) }
    }

    /// Runs until a database is chosen or the person leaves.
    public mutating func run<T: Terminal & ~Copyable>(on terminal: inout T) -> Choice {
        while true {
            var frame = terminal.blankFrame()
            render(into: &frame)
            terminal.present(frame)
            let event = terminal.nextEvent(timeout: nil)
            if let choice = handle(event, in: terminal.size) { return choice }
        }
    }

    // MARK: Events

    mutating func handle(_ event: TerminalEvent, in size: GridSize) -> Choice? {
        let places = Places(size)
        switch event {
        case .closed(let closing): return .closed(closing)
        case .key(.escape), .key(.ctrl("c")): return .quit
        case .key("q") where focus.has(.list): return .quit
        case .key, .mouse: break
        case .resized, .woken, .timedOut: return nil
        }
        problem = nil
        if case .mouse(let mouse) = event, mouse.action == .left {
            if places.list.contains(mouse.place) { focus.focus(.list) }
            if places.field.contains(mouse.place) { focus.focus(.path) }
        }
        switch focus.current {
        case .path:
            let home = home
            switch field.handle(event, in: places.field, completion: { PathCompletion.complete($0, home: home) }) {
            case .chosen(let text): return open(PathCompletion.expanding(text, home: home))
            case .handled: return nil
            case .cancelled: return .quit
            case .ignored: break
            }
        case .list, nil:
            switch list.handle(event, in: places.list) {
            case .chosen(let index): return open(paths[index])
            case .handled, .cancelled: return nil
            case .ignored: break
            }
        }
        if case .key(let key) = event {
            // In the path, Tab completes as long as there is something to complete.
            _ = focus.handle(key)
        }
        return nil
    }

    private mutating func open(_ path: String) -> Choice? {
        guard !path.isEmpty else {
            problem = "Type the path of a SQLite file, or choose one of those opened last."
            return nil
        }
        do { return .open(try Application(data: path)) } catch {
            problem = "\(error.message). \(error.hint)"
            return nil
        }
    }

    // MARK: Drawing

    private struct Places {
        var title: Rect
        var heading: Rect
        var list: Rect
        var label: Rect
        var field: Rect
        var problem: Rect
        var footer: Rect

        init(_ size: GridSize) {
            let parts = size.rect.split(rows: .fixed(1), .flexible(), .fixed(1))
            title = parts[0]
            footer = parts[2]
            let inside = parts[1].inset(columns: size.columns > 40 ? 2 : 0, rows: size.rows > 12 ? 1 : 0)
            let rows = inside.split(rows: .fixed(1), .flexible(minimum: 1), .fixed(1), .fixed(1), .fixed(3))
            (heading, list, label, field, problem) = (rows[0], rows[1], rows[2], rows[3], rows[4])
        }
    }

    func render(into frame: inout Frame) {
        let places = Places(frame.size)
        frame.write(" msc: choose a database", in: places.title, style: Style(.status, .bold))
        frame.write(paths.isEmpty ? "No database was opened yet." : "Opened last", in: places.heading, style: .title)
        list.render(into: &frame, places.list, isFocused: focus.has(.list))
        frame.write("Path of another one", in: places.label, style: .title)
        field.render(into: &frame, places.field, isFocused: focus.has(.path))
        if let problem { frame.writeWrapped(problem, in: places.problem, style: .warning) }
        actions.renderFooter(into: &frame, places.footer)
    }

    private var actions: ActionTable<String> {
        var rows = [ActionRow("open", keys: [.enter], title: "Open", help: "Opens the database.")]
        if !paths.isEmpty || focus.has(.path) {
            let title = focus.has(.path) ? (paths.isEmpty ? "Complete" : "Complete or list") : "Type a path"
            rows.append(ActionRow("tab", keys: [.tab], title: title, help: "Completes the path, or goes to the other part."))
        }
        rows.append(ActionRow("quit", keys: [.escape], title: "Quit", help: "Leaves the program."))
        return ActionTable(rows)
    }
}
