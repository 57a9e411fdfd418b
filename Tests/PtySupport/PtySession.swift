// A program on a pseudo terminal, driven as a person would: press, wait until it has answered, look at the screen. Nothing
// here sleeps: the program's idle marks say when the picture is complete, and every wait has a deadline.

import CPty
import Glibc
public import TerminalKit

/// Why a session could not go on, with the last screen.
public struct PtyFailure: Error, CustomStringConvertible {
    public let description: String
}

/// A running program and its screen. Used by one test on one thread.
public final class PtySession {
    public private(set) var screen: ScreenEmulator
    /// Bytes that the program sent so far.
    public private(set) var bytesReceived = 0
    public let process: Int32
    private var master: Int32
    private var isAtEnd = false
    private var expected = [0, 0]
    private var status: Int32 = -1

    /// Starts a program. The environment holds what is given and little else, so that a person's settings do not matter.
    public init(
        _ path: String, _ arguments: [String] = [], term: String = "xterm-256color", columns: Int = 80, rows: Int = 24,
        environment: [String: String] = [:]
    ) throws {
        var variables = [
            "TERM": term, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "MSC_REPORT_IDLE": "1",
        ]
        for name in ["LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "LLVM_PROFILE_FILE"] { variables[name] = getenv(name).map { String(cString: $0) } }
        for (name, value) in environment { variables[name] = value.isEmpty ? nil : value }
        screen = ScreenEmulator(columns: columns, rows: rows)
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var descriptor: Int32 = -1
        var child: pid_t = 0
        let error = cpty_spawn(path, &argv, &envp, Int32(columns), Int32(rows), &descriptor, &child)
        guard error == 0 else { throw PtyFailure(description: "cannot start \(path): \(String(cString: strerror(error)))") }
        master = descriptor
        process = child
    }

    deinit {
        // The connection breaks, after which a program ends in order; one that does not is not waited for.
        if master >= 0 { close(master) }
        guard status < 0 else { return }
        for _ in 0..<400 {
            if waitpid(process, nil, WNOHANG) != 0 { return }
            usleep(5000)
        }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    /// The terminal's line discipline is as a shell expects it.
    public var isCooked: Bool { cpty_is_cooked(master) }

    /// Makes the line discipline as a shell has it.
    public func makeCooked() { cpty_make_cooked(master) }

    // MARK: Input

    public func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty, master >= 0 {
            let count = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// The bytes of a key on this terminal, in the mode that the program chose.
    public func bytes(of key: Key) -> String {
        let start = screen.modes.contains(1) ? "\u{1B}O" : "\u{1B}["
        switch key {
        case .up: return start + "A"
        case .down: return start + "B"
        case .right: return start + "C"
        case .left: return start + "D"
        case .home: return "\u{1B}[1~"
        case .end: return "\u{1B}[4~"
        case .pageUp: return "\u{1B}[5~"
        case .pageDown: return "\u{1B}[6~"
        case .delete: return "\u{1B}[3~"
        case .enter: return "\r"
        case .tab: return "\t"
        case .backTab: return "\u{1B}[Z"
        case .escape: return "\u{1B}"
        case .backspace: return "\u{7F}"
        case .ctrl(let character): return String(UnicodeScalar((character.asciiValue ?? 0) & 31))
        case .alt(let character): return "\u{1B}\(character)"
        case .function(1): return "\u{1B}OP"
        case .character(let character): return String(character)
        default: return ""
        }
    }

    /// Presses keys and waits until the last one has been answered.
    public func press(_ keys: Key...) throws {
        // An escape before Alt's character counts as an input of its own.
        expect(inputs: keys.reduce(0) { sum, key in if case .alt = key { sum + 2 } else { sum + 1 } })
        send(keys.map(bytes(of:)).joined())
        try waitUntilIdle()
    }

    /// Types characters and waits until the last one has been answered.
    public func type(_ text: String) throws {
        expect(inputs: text.unicodeScalars.count)
        send(text)
        try waitUntilIdle()
    }

    /// Clicks in the encoding that the program chose, and waits.
    public func click(column: Int, row: Int, button: Int = 0) throws {
        expect(inputs: 1)
        sendMouse(column: column, row: row, button: button)
        try waitUntilIdle()
    }

    public func sendMouse(column: Int, row: Int, button: Int) {
        if screen.modes.contains(1006) {
            send("\u{1B}[<\(button);\(column + 1);\(row + 1)M\u{1B}[<\(button);\(column + 1);\(row + 1)m")
        } else {
            func byte(_ number: Int) -> UInt8 { UInt8(truncatingIfNeeded: number) }
            let press = [0x1B, 0x5B, 0x4D, byte(32 + button), byte(33 + column), byte(33 + row)]
            let release = [0x1B, 0x5B, 0x4D, byte(32 + 3), byte(33 + column), byte(33 + row)]
            _ = (button < 64 ? press + release : press).withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
        }
    }

    public func resize(columns: Int, rows: Int) throws {
        expected[1] += 1
        screen.resize(columns: columns, rows: rows)
        guard cpty_resize(master, Int32(columns), Int32(rows)) == 0 else { throw PtyFailure(description: "cannot resize") }
        try waitUntilIdle()
    }

    /// Breaks the connection.
    public func hangUp() {
        close(master)
        master = -1
        isAtEnd = true
    }

    // MARK: Waiting

    /// More inputs that the next idle mark must count.
    public func expect(inputs: Int) { expected[0] += inputs }

    /// Waits until everything that was sent has been answered.
    public func waitUntilIdle(seconds: Double = 120) throws {
        try wait(for: "idle \(expected)", seconds: seconds) { screen in
            screen.idle.count == 3 && screen.idle[0] >= self.expected[0] && screen.idle[1] >= self.expected[1]
        }
        expected[0] = screen.idle[0]
    }

    /// Reads until the screen is as wanted; what is there already counts.
    public func wait(for what: String, seconds: Double = 120, until condition: (ScreenEmulator) -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !condition(screen) {
            guard !isAtEnd else { throw PtyFailure(description: "the program ended before: \(what)\n\(screen.text)") }
            guard ContinuousClock.now < deadline else { throw PtyFailure(description: "timed out waiting for: \(what) (idle \(screen.idle))\n\(screen.text)") }
            pump(milliseconds: 100)
        }
    }

    /// Reads to the program's end and returns its exit status, 128 + signal when a signal ended it.
    public func waitForEnd(seconds: Double = 120) throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while status < 0 {
            status = cpty_status(process)
            if status >= 0 { break }
            guard ContinuousClock.now < deadline else { throw PtyFailure(description: "the program did not end\n\(screen.text)") }
            if isAtEnd { usleep(500) } else { pump(milliseconds: 20) }
        }
        // What it wrote before it ended is still in the terminal.
        while !isAtEnd, pump(milliseconds: 0) {}
        return status
    }

    @discardableResult
    private func pump(milliseconds: Int32) -> Bool {
        var descriptor = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, milliseconds) > 0 else { return false }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(master, &buffer, buffer.count)
        guard count > 0 else {
            // EIO: the last process closed the terminal.
            isAtEnd = count == 0 || errno != EINTR
            return false
        }
        bytesReceived += count
        screen.feed(buffer[0..<count])
        return true
    }
}
