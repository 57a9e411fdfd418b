// A child process as whole-program tests need it: started with a clean signal mask, its output in files so that no pipe can
// fill up, killed and reaped when its value goes.

import FileSystem
import Glibc
import Testing

/// What a process ended with.
struct Ended {
    /// The exit status; 128 + the signal's number when a signal ended it.
    var status: Int32
    var output: String
    var errors: String
}

/// A started process. Not shared between threads.
final class RunningProgram {
    let pid: pid_t
    private let outputPath: String
    private let errorPath: String
    private var status: Int32?

    /// - Parameters:
    ///   - folder: where its output is kept; also its working folder.
    init(_ executable: String, _ arguments: [String], in folder: String, name: String) throws {
        outputPath = "\(folder)/\(name).out"
        errorPath = "\(folder)/\(name).err"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The testing library may block signals; the child must get SIGINT.
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        // `env -C` changes the folder and becomes the program: the process stays the same.
        var words = (["/usr/bin/env", "-C", folder, executable] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child = pid_t()
        let code = posix_spawn(&child, "/usr/bin/env", &actions, &attributes, &words, environ)
        try #require(code == 0, "\(executable) cannot be started: \(String(cString: strerror(code)))")
        pid = child
    }

    deinit {
        guard status == nil else { return }
        kill(pid, SIGKILL)
        _ = wait()
    }

    func signal(_ number: Int32) { kill(pid, number) }

    var isRunning: Bool {
        guard status == nil else { return false }
        var raw: Int32 = 0
        if waitpid(pid, &raw, WNOHANG) == 0 { return true }
        status = RunningProgram.exitStatus(raw)
        return false
    }

    /// Waits until what it wrote to standard error pleases, at most two minutes.
    /// - Returns: what it wrote; nil when it ended without.
    func errorsSoFar(until pleases: (String) -> Bool) -> String? { soFar(errorPath, until: pleases) }

    /// The same for standard output.
    func outputSoFar(until pleases: (String) -> Bool) -> String? { soFar(outputPath, until: pleases) }

    private func soFar(_ path: String, until pleases: (String) -> Bool) -> String? {
        for _ in 0..<60_000 {
            let text = RunningProgram.text(path)
            if pleases(text) { return text }
            if !isRunning { return nil }
            usleep(2_000)
        }
        return nil
    }

    /// Waits for the end, at most 120 seconds: then the process is killed.
    func wait() -> Ended {
        var left = 24_000
        while isRunning {
            left -= 1
            if left == 0 { kill(pid, SIGKILL) }
            usleep(5_000)
        }
        return Ended(status: status ?? -1, output: RunningProgram.text(outputPath), errors: RunningProgram.text(errorPath))
    }

    private static func exitStatus(_ raw: Int32) -> Int32 { raw & 0x7f == 0 ? (raw >> 8) & 0xff : 128 + raw & 0x7f }

    private static func text(_ path: String) -> String {
        String(decoding: (try? File.contents(of: path, atMost: 1 << 28)) ?? [], as: UTF8.self)
    }
}
