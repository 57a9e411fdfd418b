// The service's hand on a log that others turn off and on meanwhile.

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
