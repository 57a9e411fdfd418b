// `msc watch`: the service of one database. Signals become requests, lines go to standard error as the journal likes them.

import ArgumentParser
import Engine
import Glibc
import Vocabulary

/// Made before the signals are let through, so that a handler finds it made.
private let requests: Result<WatchRequests, Failure> = Result { () throws(Failure) in try WatchRequests() }

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "The service: keeps the log up to date and runs the scheduled backups.",
        discussion: """
            Runs until SIGTERM or SIGINT, which end it at a safe point; SIGHUP reads the settings anew. One service watches a \
            database: a second one fails with error 1510. See docs/deployment.md for systemd.
            """)
    @OptionGroup var data: DataArgument
    @Option(
        help: ArgumentHelp("Write metrics for Prometheus to this file, every minute and after each backup.", valueName: "file"),
        completion: .file())
    var metrics: String?
    @OptionGroup var common: CommonOptions

    func run() throws {
        do throws(Failure) {
            let requests = try requests.get()
            let service = WatchService(
                application: try Application(data: data.data), surroundings: System.surroundings, requests: requests,
                outside: outside(metrics.map { System.absolute($0) }))
            for number in [SIGTERM, SIGINT] { signal(number) { _ in stopped() } }
            signal(SIGHUP) { _ in reloaded() }
            try service.run()
        } catch { throw common.report(error) }
    }

    private func outside(_ metrics: String?) -> WatchService.Outside {
        let voice = Voice(isQuiet: common.quiet)
        var outside = WatchService.Outside(
            steady: { Int64(System.seconds() * 1000) }, say: { voice.say($0, $1) }, metrics: metrics)
        if let socket = System.takeEnvironment("NOTIFY_SOCKET") { outside.manager = ServiceManager(socket: socket) }
        let process = System.takeEnvironment("WATCHDOG_PID").flatMap { pid_t($0) } ?? getpid()
        if let period = System.takeEnvironment("WATCHDOG_USEC").flatMap({ Int64($0) }), process == getpid(), period > 0 {
            outside.watchdog = max(period / 1000, 2)
        }
        return outside
    }
}

private func stopped() { if case .success(let requests) = requests { requests.stop() } }
private func reloaded() { if case .success(let requests) = requests { requests.reload() } }

/// Lines on standard error: with the system log's priorities when the journal reads them, with the time when people do.
private struct Voice: Sendable {
    let isQuiet: Bool
    // Untested: as it is counted; the initializer that the compiler writes runs it, and counts nothing.
    private let isJournal = System.isJournal

    func say(_ level: WatchLevel, _ line: String) {
        if isQuiet, level == .info || level == .notice { return }
        System.complain(isJournal ? "<\(level.rawValue)>\(line)" : "\(Timestamp.local(System.surroundings.now())) \(level.word)\(line)")
    }
}

extension WatchLevel {
    fileprivate var word: String {
        switch self {
        case .error: "error: "
        case .warning: "warning: "
        case .notice, .info: ""
        }
    }
}
