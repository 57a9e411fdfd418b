// A program of somebody else's as a child: started without a shell, in a group of its own, with nothing of ours open, and
// ended with all it started when its time is over.

import FileSystem
import Glibc
import Vocabulary

/// A running child. It is waited for exactly once.
final class ChildProcess {
    enum End: Equatable {
        case exited(Int32)
        case signalled(Int32)
        case tooLong
        case stopped
    }

    private let process: pid_t
    /// The reading end of what it says.
    private let pipeEnd: Int32
    private var said: [UInt8] = []
    private let started = ContinuousClock.now
    private(set) var seconds = 0.0

    /// Bytes of its output that are kept; the rest is read and dropped, so that it never waits for us.
    private static let mostKept = 2000
    /// Milliseconds between two looks.
    private static let pause: Int32 = 20
    /// Seconds between the request to end and the end without asking.
    private static let patience = 2.0

    /// - Parameters:
    ///   - program: what is run. A script's interpreter is given the path of its descriptor.
    ///   - path: the name that the program is told it was called by.
    ///   - variables: what is added to this process's environment.
    init(
        _ program: borrowing Program, named path: String, _ arguments: [String], _ variables: [(String, String)]
    ) throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(.open, path, errno: errno) }
        defer { close(ends[1]) }
        // Everything else that this program opens is closed at exec as well.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        // Onto itself: the one descriptor that stays open, for the interpreter of a script.
        posix_spawn_file_actions_adddup2(&actions, program.descriptor, program.descriptor)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var environment = ChildProcess.environment(adding: variables).map { strdup($0) } + [nil]
        defer { for word in environment { free(word) } }
        var child = pid_t()
        let code = posix_spawn(&child, program.runningPath, &actions, &attributes, &words, &environment)
        guard code == 0 else {
            close(ends[0])
            throw SystemError(.open, path, errno: code)
        }
        process = child
        pipeEnd = ends[0]
    }

    deinit { close(pipeEnd) }

    /// This process's environment with some variables set.
    private static func environment(adding variables: [(String, String)]) -> [String] {
        var result: [String] = []
        var place = environ
        while let word = place.pointee {
            let text = String(cString: word)
            if !variables.contains(where: { text.hasPrefix($0.0 + "=") }) { result.append(text) }
            place += 1
        }
        return result + variables.map { "\($0)=\($1)" }
    }

    /// Waits for the end. After the limit or a Stop the group is asked to end, and ended two seconds later.
    func wait(limit: Int, _ job: Job?) -> End {
        var asked: End?
        var askedAt = 0.0
        while true {
            var raw: Int32 = 0
            let done = waitpid(process, &raw, WNOHANG)
            listen()
            seconds = ChildProcess.seconds(since: started)
            if done == process || (done < 0 && errno != EINTR) {
                if let asked {
                    // What it started and left behind goes with it.
                    kill(-process, SIGKILL)
                    return asked
                }
                return raw & 0x7f == 0 ? .exited((raw >> 8) & 0xff) : .signalled(raw & 0x7f)
            }
            if asked != nil {
                if seconds >= askedAt + ChildProcess.patience { kill(-process, SIGKILL) }
            } else if job?.isStopped == true || seconds >= Double(limit) {
                asked = job?.isStopped == true ? .stopped : .tooLong
                askedAt = seconds
                kill(-process, SIGTERM)
            }
            var look = pollfd(fd: pipeEnd, events: Int16(POLLIN), revents: 0)
            // Without anybody who could say something the pipe is always ready: then only time passes.
            if poll(&look, 1, ChildProcess.pause) > 0, look.revents & Int16(POLLIN) == 0 { usleep(UInt32(ChildProcess.pause) * 1000) }
        }
    }  // Untested: the loop ends only by returning.

    private static func seconds(since start: ContinuousClock.Instant) -> Double {
        let parts = (ContinuousClock.now - start).components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }

    /// Takes what it has said so far.
    private func listen() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        // A child that talks without end is heard in portions, so that its time is still looked at.
        for _ in 0..<64 {
            let count = read(pipeEnd, &buffer, buffer.count)
            if count <= 0 { return }
            said += buffer[..<count].prefix(max(0, ChildProcess.mostKept - said.count))
        }
    }  // Untested: the loop ends only by returning, unless 256 KiB come at once out of a pipe that holds 64.

    /// The beginning of what it said, on one line.
    var words: String {
        String(decoding: said, as: UTF8.self).split { $0.isWhitespace }.joined(separator: " ")
    }
}
