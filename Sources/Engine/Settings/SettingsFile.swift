// Where the settings are kept: `NAME.msc/Settings/Backup.4DSettings`, 4D's own format. Keys that have no effect here
// are passed over, so that a file made by 4D is read as it is.

import FileSystem
import Glibc
public import Vocabulary

extension BackupSettings {
    /// A larger file is refused before it is read.
    static let largestFile = 1 << 20
    static let prefix = "Backup/Settings/"

    /// The application's settings; the defaults when it has no settings file. Changes nothing.
    /// - Throws: 1512 when the file is not well-formed or a value is not accepted, 1511 or 1515 when it cannot be read. Never
    ///   falls back to defaults for a file that is there: it might name another destination.
    public static func read(_ application: Application) throws(Failure) -> BackupSettings {
        try read(file: application.settingsFile)
    }

    /// The settings in a file: also one restored from an archive.
    public static func read(file path: String) throws(Failure) -> BackupSettings {
        guard Folder.exists(path) else {
            if Folder.isHidden(path) { throw Application.hidden(path) }
            return BackupSettings()
        }
        let bytes = try contents(of: path)
        let document = try SettingsDocument(bytes, path: path)
        var settings = BackupSettings()
        for key in keys {
            do { try settings.take(key, from: document) } catch {
                throw Failure(
                    error.code, "\(error.message) in '\(path)'", cause: error.cause, hint: error.hint)
            }
        }
        return settings
    }

    static func contents(of path: String) throws(Failure) -> [UInt8] {
        do { return try File.contents(of: path, atMost: largestFile) } catch {
            throw Failure(
                error.isPermission ? .noPermission : .readFailed, "the settings file '\(path)' cannot be read", cause: error.reason,
                hint: "Check its owner, mode and size, and those of its folder.")
        }
    }

    mutating func take(_ key: SettingKey, from document: SettingsDocument) throws(Failure) {
        let path = BackupSettings.prefix + key.path
        guard key.isList else {
            // An empty element is what 4D writes for a setting that was never made.
            if let text = document.texts[path], !text.allSatisfy(\.isWhitespace) { try key.set([text], in: &self) }
            return
        }
        let items = document.texts.keys.count { $0.hasPrefix(path + "/Item") && $0 != path + "/ItemsCount" }
        let written = document.texts[path + "/ItemsCount"] ?? "0"
        guard let count = Int(written.filter { !$0.isWhitespace }), count == items, count <= SettingKey.mostItems else {
            throw Failure(
                .badSetting, "the setting '\(key.path)' has \(items) items and '\(written.prefix(200))' as its ItemsCount",
                hint: "Accepted: \(key.accepted), ItemsCount being their number and at most \(SettingKey.mostItems).")
        }
        var texts: [String] = []
        for number in 0..<count {
            let name = "Item\(number + 1)"
            guard let text = document.texts["\(path)/\(name)"] else {
                throw Failure(
                    .badSetting, "the setting '\(key.path)' has no '\(name)'",
                    hint: "Accepted: items numbered from Item1 without a gap.")
            }
            texts.append(text)
        }
        try key.set(texts, in: &self)
    }

    /// Writes a file with the defaults when the application has none; says whether it did.
    ///
    /// After failure or kill -9: no file under the final name, or a complete one. A file that is there is never touched.
    /// - Throws: 1511 or 1516.
    @discardableResult
    public static func createDefault(_ application: Application) throws(Failure) -> Bool {
        if Folder.exists(application.settingsFile) { return false }
        try application.createFolders()
        do throws(SystemError) {
            try publishNew(BackupSettings().fileBytes(), application.settingsFile)
        } catch {
            // Another process of ours was faster: its file is as good.
            if error.errno == EEXIST, error.path == application.settingsFile { return false }
            throw Failure.writing(error)
        }
        return true
    }

    private static func publishNew(_ bytes: [UInt8], _ path: String) throws(SystemError) {
        let publication = try Publication(path)
        try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try publication.file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        try publication.publish(replacing: false)
    }

    /// The settings as a complete file.
    func fileBytes() -> [UInt8] {
        var texts: [(path: String, text: String)] = []
        for key in BackupSettings.keys {
            let values = key.texts(in: self)
            let path = BackupSettings.prefix + key.path
            guard key.isList else {
                texts.append((path, values.joined()))
                continue
            }
            texts.append(("\(path)/ItemsCount", String(values.count)))
            for (index, value) in values.enumerated() { texts.append(("\(path)/Item\(index + 1)", value)) }
        }
        return SettingsDocument.bytes(texts)
    }
}
