// The two programs that an administrator may put before and after every backup: found, checked, run, and told about. What
// they are for is the administrator's; that nobody else can put something there is ours.

import FileSystem
import Glibc
import Vocabulary

/// `NAME.msc/Hooks/on-backup-startup` or `on-backup-shutdown`.
struct Hook {
    enum Moment: String {
        /// Before a backup: what does not exit with 0 refuses it.
        case startup = "on-backup-startup"
        /// After a backup, however it ended.
        case shutdown = "on-backup-shutdown"
    }

    let path: String
    /// Where it is looked for: nothing that leads out of it is run.
    private let folder: String

    /// Nil when the application has no such hook.
    init?(_ moment: Moment, of application: Application) {
        folder = application.companion + "/Hooks"
        path = "\(folder)/\(moment.rawValue)"
        guard Folder.exists(path) else { return nil }
    }

    /// Whether it may be run: a program of this user's or root's, that nobody else can write to or replace.
    /// - Throws: 1523 with what is wrong.
    func check() throws(Failure) {
        guard let file = Folder.resolved(path), let home = Folder.resolved(folder) else { throw unfit("it leads nowhere") }
        guard file.hasPrefix(home + "/") else { throw unfit("it is a link out of its folder, to '\(file)'") }
        guard let status = Folder.status(of: file), status.st_mode & S_IFMT == S_IFREG else { throw unfit("it is not a plain file") }
        try expectClosed(file, status)
        // Every folder between the file and its home, and the companion folder around it.
        var place = Folder.parent(of: file)
        while true {
            guard let status = Folder.status(of: place) else { throw unfit("'\(place)' cannot be looked at") }
            try expectClosed(place, status)
            if place == home { break }
            place = Folder.parent(of: place)
        }
        let companion = Folder.parent(of: home)
        if let status = Folder.status(of: companion), status.st_mode & 0o022 != 0 {
            throw unfit("others may write to the folder '\(companion)'")
        }
        guard access(file, X_OK) == 0 else { throw unfit("it is not executable") }
    }

    private func expectClosed(_ place: String, _ status: stat) throws(Failure) {
        guard status.st_mode & 0o022 == 0 else { throw unfit("others may write to '\(place)'") }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw unfit("'\(place)' belongs to another user, number \(status.st_uid)")
        }
    }

    func unfit(_ reason: String) -> Failure {
        Failure(
            .hookFailed, "the hook '\(path)' cannot be run", cause: reason,
            hint: "It must be an executable file in a folder of its own user or root, that nobody else can write to; or take it away.")
    }

    /// What a hook did.
    struct Ending {
        /// The exit status.
        var status: Int32
        /// The beginning of what it said, on one line.
        var words: String
        var seconds: Double
    }

    /// Runs it to its end.
    /// - Parameters:
    ///   - variables: what is added to the environment.
    ///   - limit: seconds.
    ///   - job: a Stop ends it; nil when it is to run whatever happened.
    /// - Throws: 1523 when it cannot be started, is ended by a signal or takes too long; 1406 on Stop.
    func run(_ arguments: [String], _ variables: [(String, String)], limit: Int, _ job: Job?) throws(Failure) -> Ending {
        try check()
        let child: ChildProcess
        do { child = try ChildProcess(path, arguments, variables) } catch { throw unfit(error.reason) }
        let end = child.wait(limit: limit, job)
        switch end {
        case .exited(let status): return Ending(status: status, words: child.words, seconds: child.seconds)
        case .signalled(let number):
            throw Failure(
                .hookFailed, "the hook '\(path)' was ended by signal \(number)", cause: child.words.isEmpty ? nil : "it said: \(child.words)",
                hint: "Run it by hand to see why.")
        case .tooLong:
            throw Failure(
                .hookFailed, "the hook '\(path)' had not ended after \(limit) seconds and was ended",
                hint: "The setting Advanced/HookTimeLimit says how long a hook may run.")
        case .stopped: throw Failure(.stopped, "stopped while the hook '\(path)' ran", hint: "No backup was made.")
        }
    }
}
