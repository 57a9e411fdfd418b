// The settings as a list to be read: every key with its value, its default and what it accepts.

import FileSystem
public import Vocabulary

/// One setting as it is now. Its JSON names are interface.
public struct SettingReading: Encodable, Sendable, Equatable {
    public var key: String
    /// One text, or those of a list.
    public var texts: [String]
    public var standard: [String]
    public var accepted: String
    public var meaning: String
    public var isList: Bool

    public var isDefault: Bool { texts == standard }

    /// What is shown for it.
    public var text: String { texts.joined(separator: ", ") }

    private init(_ key: SettingKey, _ texts: [String]) {
        self.key = key.path
        self.texts = texts
        standard = key.texts(in: BackupSettings())
        accepted = key.accepted
        meaning = key.meaning
        isList = key.isList
    }

    /// All settings of an application, in the order of the file.
    /// - Throws: what `BackupSettings.read` throws.
    public static func all(of application: Application) throws(Failure) -> [SettingReading] {
        all(try BackupSettings.read(application))
    }

    static func all(_ settings: BackupSettings) -> [SettingReading] {
        BackupSettings.keys.map { SettingReading($0, $0.texts(in: settings)) }
    }

    /// One setting of an application, whatever the others are.
    public static func of(_ key: SettingKey, _ application: Application) throws(Failure) -> SettingReading {
        let path = application.settingsFile
        if Folder.isHidden(path) { throw Application.hidden(path) }
        guard Folder.exists(path) else { return SettingReading(key, key.texts(in: BackupSettings())) }
        let document = try SettingsDocument(try BackupSettings.contents(of: path), path: path)
        return SettingReading(key, try BackupSettings.texts(of: key, in: document))
    }

    private enum CodingKeys: String, CodingKey { case key, value, `default`, accepted, meaning }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key)
        if isList {
            try container.encode(texts, forKey: .value)
            try container.encode(standard, forKey: .default)
        } else {
            try container.encode(text, forKey: .value)
            try container.encode(standard.joined(), forKey: .default)
        }
        try container.encode(accepted, forKey: .accepted)
        try container.encode(meaning, forKey: .meaning)
    }
}
