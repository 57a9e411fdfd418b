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

    /// Opens it when it may be run: a program of this user's or root's, that nobody else can write to, or replace from any folder above it.
    /// - Throws: 1523 with what is wrong.
    func open() throws(Failure) -> Program {
        let program: Program
        do { program = try Program(Folder.name(of: path), below: folder) } catch {
            throw unfit(error.errno == EXDEV ? "it is a link out of its folder" : error.errno == ENOENT ? "it leads nowhere" : error.reason)
        }
        for step in program.way { try expectClosed(step.path, step.status) }
        guard program.status.st_mode & S_IFMT == S_IFREG else { throw unfit("it is not a plain file") }
        try expectClosed(program.path, program.status)
        guard program.isExecutable else { throw unfit("it is not executable") }
        return program
    }

    private func expectClosed(_ place: String, _ status: stat) throws(Failure) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw unfit("'\(place)' belongs to another user, number \(status.st_uid)")
        }
        switch status.st_mode & S_IFMT {
        // A link has no mode of its own.
        case S_IFLNK: return
        // In a folder with this bit, as /tmp, nobody can replace what is another's, and what follows is looked at as well.
        case S_IFDIR where status.st_mode & S_ISVTX != 0: return
        default: guard status.st_mode & 0o022 == 0 else { throw unfit("others may write to '\(place)'") }
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
        let program = try open()
        let child: ChildProcess
        do { child = try ChildProcess(program, named: path, arguments, variables + [("MSC_HOOK", path)]) } catch { throw unfit(error.reason) }
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
