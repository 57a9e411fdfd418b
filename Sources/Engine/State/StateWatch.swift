// Whether anything of an application may have changed, told by the status of its files alone: a few system calls, so that
// it can be asked every other second without being felt.

import FileSystem
import Glibc

/// The files whose status changes when data, log, backups, settings or a running operation change.
public struct StateWatch: Sendable {
    /// The status of all files at one time. Equal marks: nothing changed between.
    public struct Mark: Sendable, Equatable { fileprivate var values: [Int64] }

    private let application: Application
    private let paths: [String]

    /// Finds out where log and histories are. What cannot be read leaves those files out: the application's own record and
    /// settings are watched, so that a repair of them is seen.
    public init(_ application: Application) {
        self.application = application
        let record = (try? ApplicationRecord.read(application)) ?? nil
        let configured = (try? BackupSettings.read(application))?.destination(of: application)
        let folders = (record?.destinations ?? []) + [configured ?? application.defaultDestination]
        paths =
            [
                application.data, application.data + "-wal", application.data + "-journal",
                application.companion + "/application.json", AutomationState.path(application), FailedBackup.path(application), application.settingsFile, OperationLock.path(.operation, application),
                OperationLock.path(.watch, application),
                record?.journal ?? application.defaultJournal,
            ] + Set(folders).sorted().flatMap { [$0, Folder.join($0, HistoryFile.name)] }
    }

    public func mark() -> Mark {
        Mark(
            values: paths.flatMap { path -> [Int64] in
                guard let status = Folder.status(of: path) else { return [-1] }
                return [Int64(status.st_ino), Int64(status.st_size), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec)]
            })
    }
}

extension Application {
    /// When the data was last written to, in milliseconds since 1970 UTC; nil when it is missing.
    public var dataChanged: Int64? {
        guard let status = Folder.status(of: data) else { return nil }
        var newest = status.st_mtim.milliseconds
        // An empty -wal file tells only that somebody opened the database.
        if let log = Folder.status(of: data + "-wal"), log.st_size > 0 {
            newest = max(newest, log.st_mtim.milliseconds)
        }
        return newest
    }
}
