// The service's hand on a log that others turn off and on meanwhile.

import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("The service's hand on the log")
struct LogKeeperTests {
    private let site: Site
    private let keeper: LogKeeper

    init() throws {
        site = try Site()
        keeper = LogKeeper(site.application, site.surroundings)
    }

    private func code(_ end: DrainEnd) -> ErrorCode? {
        switch end {
        case .done: nil
        case .busy(let failure), .failed(let failure): failure.code
        }
    }

    @Test("a log that was turned off is none, not an error of the database")
    func turnedOff() throws {
        try site.add("A")
        #expect(code(keeper.drain(isThorough: false, Job())) == nil)
        _ = try LogStop(application: site.application, surroundings: site.surroundings).run(Job())
        try site.add("B")
        #expect(code(keeper.drain(isThorough: false, Job())) == .noLog)
    }

    @Test("a gap is reported until a backup closes it")
    func gap() throws {
        try site.set("<ReloadLimit>2</ReloadLimit>")
        try site.add("A", "B", "C")
        func gap() -> String? { if case .done(let report) = keeper.drain(isThorough: false, Job()) { report.gap } else { "none" } }
        #expect(gap() == nil)
        try site.client().execute("ALTER TABLE item ADD COLUMN more; UPDATE item SET more=name")
        #expect(gap() == "table 'item'")
        try site.add("D")
        #expect(gap() == "table 'item'")
        _ = try site.backup()
        guard case .done(let report) = keeper.drain(isThorough: true, Job()) else { return #expect(Bool(false)) }
        #expect(report.gap == nil)
    }

    @Test("clearing what is in the log gives way to who has the log, and says why it cannot go on")
    func clearing() throws {
        try site.add("A")
        #expect(code(keeper.drain(isThorough: false, Job())) == nil)
        do {
            let lock = try OperationLock(.log, for: "log cut", on: site.application, site.surroundings)
            defer { withExtendedLifetime(lock) {} }
            let (gaveWay, end) = keeper.prune(for: .milliseconds(50), Job())
            guard gaveWay, case .busy(let failure) = end else {
                Issue.record("the log is taken")
                return
            }
            #expect(failure.code == .logBusy)
        }
        #expect(code(keeper.prune(for: .milliseconds(500), Job()).end) == nil)
        _ = try site.stop()
        let off = keeper.prune(for: .milliseconds(50), Job())
        #expect(off.gaveWay && code(off.end) == .noLog)
        site.leave()
        for suffix in ["", "-wal", "-shm"] { try Folder.removeFile(site.application.data + suffix) }
        try Publication.write([UInt8](repeating: 7, count: 8192), to: site.application.data)
        guard case .failed(let failure) = keeper.prune(for: .milliseconds(50), Job()).end else {
            Issue.record("there is no database")
            return
        }
        #expect(failure.code == .notADatabase)
    }

    @Test("the hands drain and clear on a queue of their own, and tell what came of it")
    func hands() throws {
        try site.add("A", "B")
        let requests = try WatchRequests()
        let inbox = WatchInbox(requests.wakeUp)
        let hands = WatchHands(site.application, site.surroundings, inbox)
        hands.drain(true)
        hands.prune(.milliseconds(50))
        hands.stopDrain()
        var told: [WatchEvent] = []
        for _ in 0..<600 where told.count < 2 {
            requests.wakeUp.wait(milliseconds: 100, or: -1)
            told += inbox.take()
        }
        guard told.count == 2, case .drained = told[0], case .pruned(_, .done) = told[1] else {
            Issue.record("\(told)")
            return
        }
    }

    @Test("while the first backup of a log runs its file is awaited, not missed; without one it is missed")
    func awaited() throws {
        try site.add("A")
        #expect(code(keeper.drain(isThorough: false, Job())) == nil)
        try Folder.removeFile(site.application.defaultJournal)
        do {
            let lock = try OperationLock(.operation, for: "backup", on: site.application, site.surroundings)
            defer { withExtendedLifetime(lock) {} }
            guard case .busy(let failure) = keeper.drain(isThorough: true, Job()) else {
                Issue.record("the log is being begun")
                return
            }
            #expect(failure.code == .logBusy)
        }
        guard case .failed(let failure) = keeper.drain(isThorough: true, Job()) else {
            Issue.record("the log is lost")
            return
        }
        #expect(failure.code == .logUnavailable)
    }
}
