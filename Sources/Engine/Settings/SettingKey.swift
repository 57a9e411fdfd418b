// One setting: its name in the file, what it accepts, and how its text and its value become each other.

public import Vocabulary

/// A row of the settings' table.
public struct SettingKey: Sendable {
    /// Below `Preferences4D/Backup/Settings`, for example `Advanced/SetNumber/Value`.
    public let path: String
    /// What it does, in plain sentences.
    public let meaning: String
    let kind: Kind

    /// Where the value stands in the settings.
    typealias Place<Value> = any WritableKeyPath<BackupSettings, Value> & Sendable

    enum Kind: Sendable {
        case boolean(Place<Bool>)
        case number(Place<Int>, ClosedRange<Int>)
        /// One of a few words: which, and how to read and to take one. What is none of them is not taken.
        case choice([String], get: @Sendable (BackupSettings) -> String, set: @Sendable (String, inout BackupSettings) -> Void)
        /// Empty, or a path.
        case path(Place<String>)
        /// `ItemsCount`, then `Item1` to `ItemN`.
        case paths(Place<[String]>)
        /// Seconds, written as a time on the zero date.
        case duration(Place<Int>)

        /// A setting whose values are an enumeration's words.
        static func words<Value: RawRepresentable<String> & CaseIterable & Sendable>(_ place: Place<Value>) -> Kind {
            .choice(
                Value.allCases.map(\.rawValue), get: { $0[keyPath: place].rawValue },
                set: { word, settings in if let value = Value(rawValue: word) { settings[keyPath: place] = value } })
        }
    }

    init(_ path: String, _ kind: Kind, _ meaning: String) {
        self.path = path
        self.kind = kind
        self.meaning = meaning
    }

    /// The most items a list may have.
    static let mostItems = 10_000
    /// The longest path Linux opens.
    private static let longestPath = 4096

    /// Whether the setting is a list, of any number of texts, rather than one text.
    public var isList: Bool { if case .paths = kind { true } else { false } }

    /// What kind of value it has, for those who let people choose one.
    public enum Form: Sendable, Equatable {
        case toggle, number, time, path, list
        /// One of these words.
        case choice([String])
    }

    public var form: Form {
        switch kind {
        case .boolean: .toggle
        case .number: .number
        case .choice(let words, _, _): .choice(words)
        case .path: .path
        case .paths: .list
        case .duration: .time
        }
    }

    /// Whether the setting can have these values.
    public func accepts(_ texts: [String]) -> Bool {
        var settings = BackupSettings()
        return (try? set(texts, in: &settings)) != nil
    }

    /// The values accepted, as a person is told them.
    public var accepted: String {
        switch kind {
        case .boolean: "True or False"
        case .number(_, let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words, _, _): words.joined(separator: ", ")
        case .path: "empty, an absolute path, or one that begins with ./ or ../"
        case .paths: "a list of absolute paths, or paths that begin with ./ or ../"
        case .duration: "a time from 00:00:00 to 23:59:59"
        }
    }

    /// The value as it is written in the file: one text, or one for each item of a list.
    public func texts(in settings: BackupSettings) -> [String] {
        switch kind {
        case .boolean(let value): [settings[keyPath: value] ? "True" : "False"]
        case .number(let value, _): [String(settings[keyPath: value])]
        case .choice(_, let get, _): [get(settings)]
        case .path(let value): [settings[keyPath: value]]
        case .paths(let value): settings[keyPath: value]
        case .duration(let value): ["0000-00-00T" + SettingKey.clock(settings[keyPath: value])]
        }
    }

    /// Sets the value. Blanks and line ends around a text do not count; case does not count in
    /// words.
    /// - Throws: 1512 with key, value and what is accepted; `settings` is then unchanged.
    public func set(_ texts: [String], in settings: inout BackupSettings) throws(Failure) {
        let texts = texts.map { String($0.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed()) }
        if case .paths(let value) = kind {
            guard texts.count <= SettingKey.mostItems else { throw refused("\(texts.count) items") }
            for text in texts where !SettingKey.isPath(text) { throw refused(text) }
            settings[keyPath: value] = texts
            return
        }
        guard texts.count == 1, let text = texts.first else { throw refused(texts.joined(separator: " ")) }
        switch kind {
        case .boolean(let value):
            guard ["true", "false"].contains(text.lowercased()) else { throw refused(text) }
            settings[keyPath: value] = text.lowercased() == "true"
        case .number(let value, let range):
            guard let number = Int(text), range.contains(number) else { throw refused(text) }
            settings[keyPath: value] = number
        case .choice(let words, _, let set):
            guard let word = words.first(where: { $0.lowercased() == text.lowercased() }) else { throw refused(text) }
            set(word, &settings)
        case .path(let value):
            guard text.isEmpty || SettingKey.isPath(text) else { throw refused(text) }
            settings[keyPath: value] = text
        case .duration(let value):
            guard let seconds = SettingKey.seconds(text) else { throw refused(text) }
            settings[keyPath: value] = seconds
        case .paths: break  // returned above
        }
    }

    /// The error for a value that is not accepted.
    func refused(_ value: String) -> Failure {
        Failure(
            .badSetting, "the setting '\(path)' cannot be '\(value.prefix(200))'",
            hint: "Accepted: \(accepted).")
    }

    private static func isPath(_ text: String) -> Bool {
        guard text.utf8.count <= longestPath, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return false }
        return text == "." || text == ".." || ["/", "./", "../"].contains { text.hasPrefix($0) }
    }

    private static func clock(_ seconds: Int) -> String {
        [seconds / 3600, seconds / 60 % 60, seconds % 60].map { Application.padded($0, width: 2) }.joined(separator: ":")
    }

    /// `00:01:00` or `00:01`, with or without the zero date before it, in seconds.
    private static func seconds(_ text: String) -> Int? {
        let clock = text.hasPrefix("0000-00-00T") ? text.dropFirst(11) : text[...]
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
        guard (2...3).contains(parts.count), parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return nil }
        let numbers = parts.compactMap { Int($0) } + (parts.count == 2 ? [0] : [])
        guard numbers.count == 3, numbers[0] < 24, numbers[1] < 60, numbers[2] < 60 else { return nil }
        return numbers[0] * 3600 + numbers[1] * 60 + numbers[2]
    }
}
