// What is shown when the program is started without a database: the ones opened last, and a path to type.

public import Engine
import Synchronization
public import TerminalKit
import Vocabulary

/// Asks which database to open. Whatever touches the file system happens behind the keyboard: a disk that does not answer holds
/// up neither typing nor leaving.
public struct Chooser {
    /// What came of it.
    public enum Choice: Sendable {
        /// - Parameter notice: who the process has become, in words; nil when it is who it was.
        case open(Application, notice: String?)
        case quit
        case closed(Closing)
    }

    private enum Part: Hashable { case list, path }

    /// What comes back from the file system.
    enum Mail: Sendable {
        /// Which of the databases opened last are there.
        case present([Bool])
        /// What can be made of a text that was typed; nil when nothing begins so.
        case completed(String, String?)
        case opened(String, notice: String?, Result<Application, Failure>)
    }

    private final class Mailbox: Sendable {
        let mails = Mutex<[Mail]>([])
    }

    private let paths: [String]
    private let home: String?
    private let lanes: Lanes
    private let mailbox = Mailbox()
    private var waker: Waker?
    private var awaited = 0
    private var list: ListBox
    private var field = TextField(placeholder: "/path/of/a/database.db")
    private var focus: FocusRing<Part>
    private var problem: String?
    /// What is being waited for, in words.
    private var waiting: String?
    /// The path that is being opened; anything typed meanwhile gives it up.
    private var opening: String?
    /// Who the process has become while it opened one.
    private var notice: String?

    /// - Parameters:
    ///   - recent: the paths of the databases opened last, newest first.
    ///   - home: the user's folder, for `~/`.
    public init(recent: [String], home: String?) { self.init(recent: recent, home: home, lanes: .queues()) }

    init(recent: [String], home: String?, lanes: Lanes) {
        paths = recent
        self.home = home
        self.lanes = lanes
        list = ListBox(recent.map { ListItem($0) })
        focus = FocusRing([.list, .path])
        if recent.isEmpty { focus.skip([.list]) }
    }

    /// Runs until a database is chosen or the person leaves.
    public mutating func run<T: Terminal & ~Copyable>(on terminal: inout T) -> Choice {
        waker = terminal.waker
        let paths = paths
        if !paths.isEmpty { look { .present(paths.map(RecentDatabases.exists)) } }
        while true {
            var frame = terminal.blankFrame()
            render(into: &frame)
            terminal.present(frame)
            terminal.isWorking = awaited > 0
            let event = terminal.nextEvent(timeout: nil)
            if let choice = handle(event, in: terminal.size) ?? takeMail() { return choice }
        }
    }  // Untested: the loop ends only by returning.

    // MARK: Behind the keyboard

    private mutating func look(_ work: @escaping @Sendable () -> Mail) {
        awaited += 1
        let (mailbox, waker) = (mailbox, waker)
        lanes.submit(.chooser) {
            let mail = work()
            mailbox.mails.withLock { $0.append(mail) }
            waker?.wake()
        }
    }

    private mutating func takeMail() -> Choice? {
        let mails = mailbox.mails.withLock { mails in
            defer { mails = [] }
            return mails
        }
        awaited -= mails.count
        for mail in mails {
            if let choice = take(mail) { return choice }
        }
        return nil
    }

    private mutating func take(_ mail: Mail) -> Choice? {
        switch mail {
        case .present(let present):
            list.replace(
                zip(paths, present).map { path, isThere in
                    ListItem(path, detail: isThere ? "" : "missing", style: isThere ? .normal : .disabled)
                })
        case .completed(let typed, let completed):
            guard waiting != nil, opening == nil, field.text == typed else { return nil }
            waiting = nil
            if let completed, completed != typed {
                field.set(completed)
            } else if paths.isEmpty {
                problem = completed == nil ? "Nothing begins so." : "More than one begins so: type on."
            } else {
                // In the path, Tab completes as long as there is something to complete.
                _ = focus.handle(.tab)
            }
        case .opened(let path, let notice, let result):
            self.notice = notice ?? self.notice
            guard opening == path else { return nil }
            (opening, waiting) = (nil, nil)
            switch result {
            case .success(let application): return .open(application, notice: self.notice)
            case .failure(let failure): problem = "\(failure.message). \(failure.hint)"
            }
        }
        return nil
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
        (problem, waiting, opening) = (nil, nil, nil)
        if case .mouse(let mouse) = event, mouse.action == .left {
            if places.list.contains(mouse.place) { focus.focus(.list) }
            if places.field.contains(mouse.place) { focus.focus(.path) }
        }
        switch focus.current {
        case .path:
            if event == .key(.tab), !field.text.isEmpty {
                complete()
                return nil
            }
            switch field.handle(event, in: places.field) {
            case .chosen(let text): open(PathCompletion.expanding(text, home: home))
            case .cancelled: return .quit
            case .handled: return nil
            case .ignored: break
            }
        case .list, nil:
            switch list.handle(event, in: places.list) {
            case .chosen(let index): open(paths[index])
            case .handled, .cancelled: return nil
            case .ignored: break
            }
        }
        if case .key(let key) = event { _ = focus.handle(key) }
        return nil
    }

    private mutating func complete() {
        let (text, home) = (field.text, home)
        waiting = "Looking for names that begin so…"
        look { .completed(text, PathCompletion.complete(text, home: home)) }
    }

    private mutating func open(_ path: String) {
        guard !path.isEmpty else {
            problem = "Type the path of a SQLite file, or choose one of those opened last."
            return
        }
        opening = path
        waiting = "Opening \(path)… Esc leaves."
        look {
            var notice: String?
            let result = Result { () throws(Failure) in
                // As on the command line: root opens nothing in somebody else's place.
                notice = try PlaceOwner.become(for: path)
                return try Application(data: path)
            }
            return .opened(path, notice: notice, result)
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
        if let text = problem ?? waiting { frame.writeWrapped(text, in: places.problem, style: problem == nil ? .hint : .warning) }
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
