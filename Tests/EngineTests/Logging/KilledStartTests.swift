// kill -9 at every step of `log start`: what is left is told, can be finished or removed, and is in nobody's way.

import Database
import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("kill -9 while the log starts")
struct KilledStartTests {
    enum Way: CaseIterable, Sendable {
        /// The log begins at once: there is no row.
        case blank
        /// A backup comes first.
        case withBackup
        /// The log begins at once, on the backup that is there.
        case onBackup
    }

    private func prepared(_ way: Way) throws -> Site {
        let site = try Site(startsLog: false)
        if way != .blank { try site.add("a") }
        if way == .onBackup { _ = try site.backup() }
        return site
    }

    /// Every state of the folder that `log start` passes through.
    private func moments(_ site: Site) throws -> [DiskMoment] {
        let moments = try RecordedDisk(site.folder, databases: ["SampleDB.db"]).record { _ = try site.start() }
        site.leave()
        return moments
    }

    @Test("status says what is, the program writes on, and stop or start ends it (I1, I2, I9)", arguments: Way.allCases, [true, false])
    func killed(way: Way, stops: Bool) throws {
        let site = try prepared(way)
        let (before, moments) = (try site.names(), try moments(site))
        var seen: Set<LogStatus.State> = []
        for (number, moment) in moments.enumerated() {
            let comment: Comment = "\(way), step \(number) of \(moments.count), before \(moment.call)"
            site.leave()
            try moment.leave(.killed, in: site.folder)
            do {
                try site.add("b")
                let status = try site.status()
                seen.insert(status.state)
                #expect([.off, .unavailable, .ok].contains(status.state), "\(comment) \(status.state)")
                if status.state == .unavailable {
                    #expect(status.reason?.contains("log start") == true && status.reason?.contains("log stop") == true, comment)
                }
                if stops {
                    do { #expect(try site.stop().state == .off, comment) } catch let failure as Failure {
                        #expect(failure.code == .noLog && status.state == .off, "\(comment) \(failure)")
                    }
                    #expect(try site.client().integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE '\\_msc\\_%' ESCAPE '\\'") == 0, comment)
                    #expect(try site.status().state == .off, comment)
                    try site.add("c")
                    #expect(try site.start().state == .ok, comment)
                } else {
                    if status.state != .ok { #expect(try site.start().state == .ok, comment) }
                    try site.add("c")
                }
                #expect(try site.status().state == .ok, comment)
                _ = try site.drain()
                #expect(try site.names() == before + "bc", comment)
                #expect(try site.isSound(), comment)
                // The newest backup with the log leads to the present.
                _ = try site.backup()
                try site.expectWhole(comment, isNewChain: true)
            } catch { Issue.record("\(comment): \(error)") }
        }
        #expect(seen.isSuperset(of: [.off, .unavailable, .ok]) && moments.count > 5)
    }

    @Test("a stop that a crash ended between the record and the data is ended by the same command")
    func halfStopped() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.drain()
        // What is left when the capture tables went and the record did not learn of it.
        try Capture.remove(site.client())
        #expect(try site.status().state == .gap)
        let stopped = try site.stop()
        #expect(stopped.state == .off && stopped.lastOperation == 1)
        #expect(try site.status().state == .off)
        #expect(throws: Failure.self) { try site.stop() }
    }
}
