// A small program on the real terminal, for the tests of NcursesTerminal: a table of a million rows, a field, and keys that
// provoke whatever a test needs. It has no logic of its own.

import Glibc
import NcursesTerminal
import Synchronization
import TerminalKit

let wakeRounds = Atomic<Int>(0)

func overflowStack(_ depth: Int) -> Int { depth < 0 ? 0 : overflowStack(depth + 1) + depth }

func run<T: Terminal & ~Copyable>(on terminal: inout T) -> Int32 {
    var page = ProbePage()
    while true {
        var frame = terminal.blankFrame()
        page.render(into: &frame)
        terminal.present(frame)
        let event = terminal.nextEvent(timeout: nil)
        page.last = event
        switch event {
        case .closed(let closing): return closing.exitStatus
        case .woken:
            page.woken += 1
            if wakeRounds.load(ordering: .sequentiallyConsistent) >= 1000 { terminal.isWorking = false }
        case .key("q"): return 0
        case .key("X"): exit(7)
        case .key("F"): fatalError("the probe was told to fail")
        case .key("S"): kill(getpid(), SIGSEGV)
        case .key("A"): abort()
        case .key("O"): page.woken = overflowStack(1)
        case .key("E"): 
            let message = "a message on standard error\n"
            _ = message.withCString { write(STDERR_FILENO, $0, message.utf8.count) }
        case .key("W"):
            terminal.isWorking = true
            let waker = terminal.waker
            var thread = pthread_t()
            let box = Unmanaged.passRetained(WakerBox(waker))
            pthread_create(&thread, nil, { @Sendable pointer in
                guard let pointer else { return nil }
                let waker = Unmanaged<WakerBox>.fromOpaque(pointer).takeRetainedValue().waker
                for _ in 0..<1000 {
                    wakeRounds.add(1, ordering: .sequentiallyConsistent)
                    waker.wake()
                    usleep(200)
                }
                waker.wake()
                return nil
            }, box.toOpaque())
        default: page.handle(event, in: Rect(column: 0, row: 0, columns: terminal.size.columns, rows: terminal.size.rows))
        }
    }
}

final class WakerBox: Sendable {
    let waker: Waker
    init(_ waker: Waker) { self.waker = waker }
}

func start() -> Int32 {
    var options = Options.fromEnvironment()
    options.mouse = !CommandLine.arguments.contains("--no-mouse")
    options.ascii = CommandLine.arguments.contains("--ascii")
    do {
        var terminal = try NcursesTerminal(options)
        return run(on: &terminal)
    } catch {
        print("refused: \(error). \(error.hint)")
        return 2
    }
}
