// Which process made a temporary file. Whether it still runs is told by locks (AdvisoryLock.swift); a number tells it of processes of this
// container alone, and only with the moment of its start: numbers come again.

import Glibc

/// A process's number and the moment of its start, as text for a file name: `PID-TICKS`.
enum ProcessMark {
    static let own = mark(getpid())

    /// Whether this is what `own` looks like, in whichever process.
    static func isMark(_ text: Substring) -> Bool { text.split(separator: "-").first.flatMap { pid_t($0) } != nil }

    /// False for a process that ended, also when another one has its number now, and for one of another container.
    static func isAlive(_ text: Substring) -> Bool {
        guard let number = text.split(separator: "-").first, let process = pid_t(number) else { return false }
        if kill(process, 0) != 0, errno == ESRCH { return false }
        return mark(process) == text
    }

    private static func mark(_ process: pid_t) -> String {
        guard let ticks = startTicks(process) else { return String(process) }
        return "\(process)-\(ticks)"
    }

    /// Clock ticks from the start of the system to that of the process: the twenty-second field of `/proc/PID/stat`, see
    /// proc(5). Nil where there is no /proc.
    private static func startTicks(_ process: pid_t) -> Substring? {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let text = String(unsafeUninitializedCapacity: 4096) { buffer in max(0, read(descriptor, buffer.baseAddress, 4096)) }
        // The second field is the program's name in parentheses, which may hold anything.
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? fields[19] : nil
    }
}
