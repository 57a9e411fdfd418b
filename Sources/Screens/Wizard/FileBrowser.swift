// Looks for a file: a path to type, and the folder's contents below it. Listings come from outside; it reads nothing itself.

import Engine
import TerminalKit
import Vocabulary

/// A place in the file system and the files of some kind that stand there.
struct FileBrowser: Sendable, Equatable {
    enum Answer: Sendable, Equatable {
        case ignored, handled
        /// List this folder.
        case open(String)
        case chosen(String)
        case cancelled
    }

    let title: String
    let endings: [String]
    private(set) var folder: String
    private var field: TextField
    private var box = ListBox([])
    private var entries: [FolderListing.Entry] = []
    private(set) var isTyping = false
    private var isReading = true
    private var problem: String?

    init(_ title: String, folder: String, endings: [String]) {
        self.title = title
        self.endings = endings
        self.folder = folder
        field = TextField(folder)
    }

    /// The effect that lists the folder; its result comes to `receive`.
    func load(_ key: String) -> Effect {
        .load(key: key) { [folder, endings] job in try FolderListing(folder, endings: endings, job) }
    }

    mutating func receive(_ result: Result<any Sendable, Failure>) {
        isReading = false
        switch result {
        case .success(let value):
            guard let listing = value as? FolderListing else { return }
            problem = listing.isCut ? "Only the first \(listing.entries.count) names are shown." : nil
            folder = listing.folder
            entries = listing.entries
            if !isTyping { field.set(folder) }
            var items = folder == "/" ? [] : [ListItem("../", detail: "folder above")]
            items += entries.map { entry in
                entry.isFolder
                    ? ListItem(entry.name + "/")
                    : ListItem(entry.name, detail: "\(Amount.bytes(entry.size))  \(Timestamp.local(entry.modified))")
            }
            box = ListBox(items)
        case .failure(let failure):
            problem = RestoreWords.sentence(failure)
            entries = []
            box = ListBox([ListItem("../", detail: "folder above")])
        }
    }

    private func places(in rect: Rect) -> [Rect] { rect.split(rows: .fixed(1), .fixed(1), .fixed(1), .flexible(minimum: 1), .fixed(1)) }

    func render(into frame: inout Frame, _ rect: Rect) {
        frame.fill(rect)
        let places = places(in: rect)
        frame.write(title, in: places[0], style: .title)
        field.render(into: &frame, places[1], isFocused: isTyping)
        frame.rule(places[2])
        if isReading {
            frame.write("Reading the folder…", in: places[3], style: .hint)
        } else if box.items.isEmpty {
            frame.write("Nothing of this kind stands here.", in: places[3], style: .hint)  // Untested: only the root, never empty, has no way up.
        } else {
            box.render(into: &frame, places[3], isFocused: !isTyping)
        }
        frame.write(
            problem ?? "Enter opens, Backspace goes up, Tab types, Esc leaves.", in: places[4],
            style: problem == nil ? .hint : .warning)
    }

    mutating func handle(_ event: TerminalEvent, in rect: Rect) -> Answer {
        let places = places(in: rect)
        switch event {
        case .key(.escape): return .cancelled
        case .key(.tab), .key(.backTab):
            isTyping.toggle()
            return .handled
        case .key(.backspace) where !isTyping, .key(.left) where !isTyping: return open("..")
        case .mouse(let mouse) where mouse.action == .left: isTyping = places[1].contains(mouse.place)
        default: break
        }
        if isTyping {
            guard case .chosen(let text) = field.handle(event, in: places[1]) else { return .handled }
            if endings.contains(where: { text.hasSuffix($0) }) { return .chosen(text) }
            return open(path: text)
        }
        switch box.handle(event, in: places[3]) {
        case .chosen(let index): return choose(index)
        case .ignored: return .ignored
        default: return .handled
        }
    }

    private mutating func choose(_ index: Int) -> Answer {
        let offset = folder == "/" ? 0 : 1
        if index < offset { return open("..") }
        guard entries.indices.contains(index - offset) else { return .handled }
        let entry = entries[index - offset]
        return entry.isFolder ? open(entry.name) : .chosen(join(entry.name))
    }

    private mutating func open(_ name: String) -> Answer {
        if name != ".." { return open(path: join(name)) }
        let parent = folder.split(separator: "/").dropLast().joined(separator: "/")
        return open(path: "/" + parent)
    }

    private mutating func open(path: String) -> Answer {
        folder = path
        field.set(path)
        isReading = true
        isTyping = false
        return .open(path)
    }

    private func join(_ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }
}

extension FileBrowser? {
    /// Hands an event to the browser that is open; it is put away once it has been answered.
    /// - Parameter key: of the load that lists folders.
    /// - Returns: the path that was chosen, or else what is to be done; both are nil when the event is not for it.
    mutating func take(_ event: TerminalEvent, in rect: Rect, key: String) -> (chosen: String?, answers: [StepAnswer]?) {
        guard var browser = self else { return (nil, nil) }
        let answer = browser.handle(event, in: rect)
        self = browser
        switch answer {
        case .ignored: return (nil, nil)
        case .handled: return (nil, [])
        case .open: return (nil, [.effect(browser.load(key))])
        case .cancelled:
            self = nil
            return (nil, [.effect(.cancelLoad(key: key))])
        case .chosen(let path):
            self = nil
            return (path, nil)
        }
    }
}
