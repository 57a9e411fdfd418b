// The system as the engine takes it: clock, fresh identifiers, who we are. The only place that asks for them.

import Engine
import Glibc
import Synchronization
import Vocabulary

enum System {
    static let surroundings = Surroundings(
        now: { now() }, makeIdentifier: { makeIdentifier() }, context: context, version: programVersion,
        machine: Surroundings.machineIdentifier(), integrity: integrity.withLock { $0 })

    private static let integrity = Mutex(IntegrityChoice.ofSettings)

    /// Which integrity key counts: the one that is named, the service manager's credential, or the settings'. Call it before `surroundings` is
    /// asked for.
    static func takeIntegrityKey(_ path: String?) throws(Failure) {
        var choice = IntegrityChoice.ofSettings
        if let path {
            choice = try path == "none" ? .unverified : .file(absolute(path))
        } else if let folder = environment("CREDENTIALS_DIRECTORY"), access(folder + "/msc-integrity-key", F_OK) == 0 {
            choice = try .file(folder + "/msc-integrity-key", isCredential: true)
        }
        integrity.withLock { [choice] in $0 = choice }
    }

    /// The user's folder.
    static var home: String? { environment("HOME") }

    /// Where files that nobody keeps may be written.
    static var temporaryFolder: String { environment("TMPDIR") ?? "/tmp" }

    /// The process is another user's now: a folder for temporary files that was root's alone is none for that user.
    static func changedOwner() {
        for name in ["TMPDIR", "SQLITE_TMPDIR"] { if let folder = environment(name), access(folder, W_OK | X_OK) != 0 { unsetenv(name) } }
    }

    static var recentDatabases: RecentDatabases? { RecentDatabases(stateHome: environment("XDG_STATE_HOME"), home: home) }

    /// A variable that is meant for this process alone: taken out, so that no child inherits it.
    static func takeEnvironment(_ name: String) -> String? {
        defer { unsetenv(name) }
        return environment(name)
    }

    /// A path as it stands from the root.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }

    /// Whether standard error is read by the system's journal: JOURNAL_STREAM names the device and inode of its stream.
    static let isJournal: Bool = {
        var status = stat()
        guard let named = environment("JOURNAL_STREAM"), fstat(STDERR_FILENO, &status) == 0 else { return false }
        return named == "\(status.st_dev):\(status.st_ino)"
    }()

    private static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// Seconds that only grow, for rates and remaining time.
    static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// One line on standard error, whatever is in it.
    static func complain(_ line: String) { write(CommonOptions.printable(line) + "\n") }

    /// Text on standard error as it is. When nobody reads it, nothing is lost that matters.
    static func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(STDERR_FILENO, bytes, bytes.count)
    }

    /// A random UUID, version 4 (RFC 9562).
    private static func makeIdentifier() -> String {
        var generator = SystemRandomNumberGenerator()
        var bytes = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = bytes.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
            .map { $0.joined() }.joined(separator: "-")
    }

    private static let context: Context = {
        var host = [CChar](repeating: 0, count: 256)
        gethostname(&host, 255)
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? String(geteuid())
        return Context(
            process: "msc", processID: getpid(), user: user,
            host: String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }()
}
