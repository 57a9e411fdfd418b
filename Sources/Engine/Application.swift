// Which files belong together: one SQLite database and everything of ours around it. Paths only; nothing is opened here.

import FileSystem
import Glibc
public import Vocabulary

/// A database with its companion folder, settings, logs and backups.
public struct Application: Sendable, Equatable {
    /// The data file: absolute, without links.
    public let data: String
    /// The data file's name without its extension: archives and logs are named after it.
    public let name: String

    /// Finds the application of a data file that exists, or that existed in a folder that still does (its companion
    /// folder then is the way back).
    /// - Throws: 1513 when neither the file nor its companion folder is there, 1500 when it is not a plain file, 1511 when this user
    ///   may not see one of them.
    public init(data path: String) throws(Failure) {
        guard let folder = Folder.resolved(Folder.parent(of: path)), !Folder.name(of: path).isEmpty else {
            throw Application.missing(path)
        }
        data = Folder.resolved(path) ?? Folder.join(folder, Folder.name(of: path))
        name = Application.name(of: data)
        try PlaceOwner.check(path)
        guard Folder.exists(data) || Folder.isFolder(companion) else { throw Application.missing(path) }
        if Folder.isFolder(data) {
            throw Failure(
                .notADatabase, "'\(path)' is a folder", hint: "Give the path of the SQLite file itself.")
        }
        if let status = Folder.status(of: data), ![S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT) {
            throw Failure(
                .notADatabase, "'\(path)' is no plain file but a pipe, socket or device", hint: "Give the path of the SQLite file itself.")
        }
        try Application.checkLink(companion)
        // What cannot be seen must not be taken for what is not there.
        if Folder.isFolder(companion), !Folder.isOpen(companion) { throw Application.hidden(companion) }
    }

    /// Error 1511 about something that this user may not see.
    static func hidden(_ path: String) -> Failure {
        Failure(
            .noPermission, "'\(path)' may not be read by this user", hint: "Run msc as the user who owns the database, or as root.")
    }

    /// Refuses a companion folder that somebody made a link to a folder that is not his: what he may not write to, this program
    /// might, and it would write there in his name. A link of root's or of the user who runs this program is as good as a folder.
    private static func checkLink(_ companion: String) throws(Failure) {
        guard let link = Folder.status(of: companion), link.st_mode & S_IFMT == S_IFLNK, link.st_uid != 0, link.st_uid != geteuid()
        else { return }
        if let target = Folder.resolved(companion), Folder.status(of: target)?.st_uid == link.st_uid { return }
        throw Failure(
            .noPermission, "the companion folder '\(companion)' is a link that user \(link.st_uid) made to a folder of somebody else",
            hint: "Remove the link, or make it yourself when it is meant to be there.")
    }

    /// The application of a data file that an archive names, whose folder exists; nothing else of it need be there.
    init(restoring path: String) throws(Failure) {
        if Folder.isFolder(path) {
            throw Failure(.destinationExists, "'\(path)' is a folder", hint: "Restore into a folder with --to instead.")
        }
        try PlaceOwner.check(path)
        data = path
        name = Application.name(of: path)
        try Application.checkLink(companion)
    }

    private static func missing(_ path: String) -> Failure {
        if Folder.isHidden(path) { return hidden(path) }
        return Failure(
            .fileNotFound, "there is no database at '\(path)'",
            hint: "Check the path; a lost data file can be restored when its companion folder NAME.msc is still there.")
    }

    private static func name(of data: String) -> String {
        let file = Folder.name(of: data)
        let stem = file.lastIndex(of: ".").map { file[..<$0] } ?? file[...]
        return stem.isEmpty ? file : String(stem)
    }

    /// The companion folder of a data file, which need not be there.
    static func companion(of data: String) -> String { Folder.join(Folder.parent(of: data), name(of: data) + ".msc") }

    public var folder: String { Folder.parent(of: data) }
    /// `NAME.msc`, beside the data file.
    public var companion: String { Folder.join(folder, name + ".msc") }
    public var settingsFile: String { companion + "/Settings/Backup.4DSettings" }
    public var logsFolder: String { companion + "/Logs" }
    /// Where backups go unless the settings name another folder.
    public var defaultDestination: String { companion + "/Backups" }
    /// Where the log file stands unless it was started elsewhere.
    public var defaultJournal: String { Folder.join(folder, name + ".journal") }

    public static func archiveName(_ name: String, _ number: Int) -> String { "\(name)[\(padded(number))].4BK" }
    public static func logBackupName(_ name: String, _ number: Int) -> String { "\(name)[\(padded(number))].4BL" }
    public static func segmentName(_ name: String, backup: Int, segment: Int) -> String {
        "\(name)[\(padded(backup))-\(padded(segment))].journal"
    }

    /// `0007`, as in the names of archives.
    public static func numberText(_ number: Int) -> String { padded(number) }

    static func padded(_ number: Int, width: Int = 4) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Creates the companion folder and its parts where they are missing, open to the data file's owner alone.
    public func createFolders() throws(Failure) {
        for folder in [companion, companion + "/Settings", logsFolder] {
            do { try Folder.create(folder) } catch { throw Failure.writing(error) }
        }
    }
}
