// Changes one key of a settings file: a few bytes are replaced, the others stay. What came out is read back and compared
// before it is published, so that a file can only become what was asked for.

import FileSystem
import Glibc
public import Vocabulary

extension BackupSettings {
    /// Writes the value of one key, or takes the key out of the file, so that its default counts.
    ///
    /// The file is read anew under a lock: of two editors at once each changes its own key. Unknown keys, comments and the
    /// layout stay. An application without a settings file gets one. After failure or kill -9 the file is the old or the new one.
    /// - Parameter texts: one text, or those of a list; nil takes the key out.
    /// - Throws: 1512 when the value is not accepted or the file is not well-formed; it is then unchanged. 1510, 1511, 1515
    ///   or 1516 when it cannot be read or written.
    public static func change(_ key: SettingKey, to texts: [String]?, of application: Application) throws(Failure) {
        var checked = BackupSettings()
        if let texts { try key.set(texts, in: &checked) }
        let path = application.settingsFile
        try application.createFolders()
        let lock = try FolderLock.take(Folder.parent(of: path), patience: 10_000)
        defer { withExtendedLifetime(lock) {} }
        _ = try createDefault(application)
        let bytes = try contents(of: path)
        let before = try SettingsDocument(bytes, path: path)
        let written = texts.map { _ in key.texts(in: checked) }
        guard let changed = SettingsEdit(bytes).replacing(key, with: written), changed.count <= largestFile,
            let after = try? SettingsDocument(changed, path: path), after.texts(besides: key) == before.texts(besides: key),
            (try? BackupSettings.texts(of: key, in: after)) == (written ?? key.texts(in: BackupSettings()))
        else {
            throw Failure(
                .badSetting, "the setting '\(key.path)' cannot be written into '\(path)' without touching others",
                hint: "Write it there by hand, below \(prefix)\(key.path).")
        }
        if changed != bytes {
            do { try publish(changed, like: Folder.status(of: path), path) } catch { throw Failure.writing(error) }
        }
    }

    /// The value of a key in a file; the default where it does not stand there.
    static func texts(of key: SettingKey, in document: SettingsDocument) throws(Failure) -> [String] {
        var settings = BackupSettings()
        try settings.take(key, from: document)
        return key.texts(in: settings)
    }

    private static func publish(_ bytes: [UInt8], like old: stat?, _ path: String) throws(SystemError) {
        let publication = try Publication(path)
        try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try publication.file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        if let old { try publication.file.adopt(owner: old.st_uid, group: old.st_gid, mode: old.st_mode & 0o7777) }
        try publication.publish(replacing: true)
    }
}

extension SettingsDocument {
    /// All texts but those of a key and those that say nothing: what a change of that key must not touch.
    fileprivate func texts(besides key: SettingKey) -> [String: String] {
        let path = BackupSettings.prefix + key.path
        return texts.filter { other, text in
            other != path && !other.hasPrefix(path + "/Item") && !text.allSatisfy(\.isWhitespace)
        }
    }
}

/// The bytes of a file with one key changed.
private struct SettingsEdit {
    private let bytes: [UInt8]
    private let root: ElementPlace?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        root = ElementPlace.root(of: bytes)
    }

    /// - Parameter texts: nil removes the key.
    func replacing(_ key: SettingKey, with texts: [String]?) -> [UInt8]? {
        let path = (BackupSettings.prefix + key.path).split(separator: "/").map(String.init)
        guard let (element, depth) = root?.descend(path) else { return nil }
        guard depth == path.count else {
            guard let texts else { return bytes }
            return inserting(path[depth...], key, texts, into: element, depth: depth)
        }
        guard let texts else { return applying([(lineBegin(element.whole.lowerBound)..<element.whole.upperBound, "")]) }
        guard key.isList else {
            if element.isClosedAtOnce { return applying([(element.whole, opened(element) + escaped(texts.joined()) + closing(element))]) }
            let comments = element.comments.map { String(decoding: bytes[$0], as: UTF8.self) }.joined()
            return applying([(element.content, escaped(texts.joined()) + comments)])
        }
        let old = element.children.filter { $0.name == "ItemsCount" || $0.name.hasPrefix("Item") }
        let removals = old.map { (lineBegin($0.whole.lowerBound)..<$0.whole.upperBound, "") }
        return adding({ items(texts, $0, $1) }, to: element, depth: depth, removals)
    }

    // MARK: What is written

    private typealias Layout = (_ before: String, _ prefix: String) -> String

    /// Inserts the elements that are missing, one in the other, at the end of `parent`.
    private func inserting(
        _ names: ArraySlice<String>, _ key: SettingKey, _ texts: [String], into parent: ElementPlace, depth: Int
    ) -> [UInt8] {
        adding({ before, prefix in
            var (opening, ending, indent) = ("", "", before)
            for name in names.dropLast() {
                opening += "\(indent)<\(prefix)\(name)>"
                ending = "\(indent)</\(prefix)\(name)>" + ending
                if !indent.isEmpty { indent += "  " }
            }
            let name = prefix + (names.last ?? "")
            let content = key.isList ? items(texts, indent.isEmpty ? "" : indent + "  ", prefix) + indent : escaped(texts.joined())
            return "\(opening)\(indent)<\(name)>\(content)</\(name)>\(ending)"
        }, to: parent, depth: depth, [])
    }

    private func items(_ texts: [String], _ before: String, _ prefix: String) -> String {
        ([("ItemsCount", String(texts.count))] + texts.enumerated().map { ("Item\($0 + 1)", $1) })
            .map { "\(before)<\(prefix)\($0)>\(escaped($1))</\(prefix)\($0)>" }.joined()
    }

    /// Adds elements at the end of another one, each on a line of its own where the file is laid out so.
    private func adding(_ layout: Layout, to element: ElementPlace, depth: Int, _ removals: [(Range<Int>, String)]) -> [UInt8] {
        let prefix = name(of: element).split(separator: ":").dropLast().map { $0 + ":" }.joined()
        let margin = "\n" + String(repeating: "  ", count: depth)
        if element.isClosedAtOnce {
            return applying([(element.whole, opened(element) + layout(margin + "  ", prefix) + margin + closing(element))])
        }
        let content = bytes[element.content]
        let blanks = content.reversed().prefix { " \t\r\n".utf8.contains($0) }
        let isLaidOut = blanks.contains(UInt8(ascii: "\n")) || content.isEmpty
        let place = element.content.upperBound - blanks.count
        let text = layout(isLaidOut ? margin + "  " : "", prefix) + (content.isEmpty ? margin : "")
        return applying(removals + [(place..<place, text)])
    }

    // MARK: Bytes

    /// Replaces ranges that stand in order and do not overlap.
    private func applying(_ edits: [(Range<Int>, String)]) -> [UInt8] {
        var result: [UInt8] = []
        var done = 0
        for (range, text) in edits {
            result += bytes[done..<max(done, range.lowerBound)]
            result += Array(text.utf8)
            done = max(done, range.upperBound)
        }
        return result + bytes[done...]
    }

    /// The place where the line of an element begins, its line end before it included; the place itself when something
    /// else stands on the line.
    private func lineBegin(_ place: Int) -> Int {
        var begin = place
        while begin > 0, bytes[begin - 1] == UInt8(ascii: " ") || bytes[begin - 1] == UInt8(ascii: "\t") { begin -= 1 }
        guard begin > 0, bytes[begin - 1] == UInt8(ascii: "\n") else { return place }
        begin -= 1
        return begin > 0 && bytes[begin - 1] == UInt8(ascii: "\r") ? begin - 1 : begin
    }

    /// As it is written, with a prefix if it has one.
    private func name(of element: ElementPlace) -> String {
        String(decoding: bytes[(element.whole.lowerBound + 1)...].prefix { !" \t\r\n/>".utf8.contains($0) }, as: UTF8.self)
    }

    /// The beginning tag of an element that is closed at once, as one that is not.
    private func opened(_ element: ElementPlace) -> String {
        String(decoding: bytes[element.whole].dropLast(2), as: UTF8.self) + ">"
    }

    private func closing(_ element: ElementPlace) -> String { "</\(name(of: element))>" }

    private func escaped(_ text: String) -> String { SettingsDocument.escaped(text) }
}
