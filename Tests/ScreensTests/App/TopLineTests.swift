// The line at the top: what it says about log and backups.

import Engine
import Foundation
import Testing
import Vocabulary

@testable import Screens

@Suite struct TopLineTests {
    @Test func `a log that is on says its last operation and what waits`() {
        #expect(TopLine.log(Scene.overview(log: Scene.log(pending: 3))) == "log on, last operation 12 345, 3 waiting")
        #expect(TopLine.log(Scene.overview(log: Scene.log(.off))) == "log off")
        #expect(TopLine.log(Scene.overview(log: Scene.log(.unavailable, pending: 9))) == "log unavailable, 9 waiting")
        #expect(TopLine.log(nil) == "reading its state")
    }

    @Test func `a backup that went well and is not old needs no attention`() {
        #expect(TopLine.warning(Scene.overview(), now: Scene.now) == nil)
    }

    @Test(arguments: [("failed", "Last backup failed"), ("stopped", "Last backup was stopped"), ("partial", "Last backup is partial")])
    func `the last backup's failure is told, though an older one is good`(status: String, text: String) {
        let overview = Scene.overview(lastAttempt: Scene.backup(13, "2026-11-21T09:00:00.000Z", status: status))
        #expect(TopLine.warning(overview, now: Scene.now) == text)
    }

    @Test func `a backup is too old after a day, when the data changed since`() {
        let old = Scene.backup(12, "2026-11-18T08:00:00.000Z")
        #expect(TopLine.warning(Scene.overview(backups: [old], dataChanged: Scene.now - 1000), now: Scene.now) == "Last backup 3 days ago")
        #expect(TopLine.warning(Scene.overview(backups: [old], dataChanged: 0), now: Scene.now) == nil)
    }

    @Test func `no backup, a lost archive, a lost log and a gap are told`() {
        #expect(TopLine.warning(Scene.overview(backups: []), now: Scene.now) == "No backup yet")
        let broken = Failure(.badSetting, "the settings cannot be used", hint: "Correct them.")
        #expect(TopLine.warning(Scene.overview(backups: [], problems: [broken]), now: Scene.now) == "Not all could be read")
        var lost = Scene.backup()
        lost.present = false
        #expect(TopLine.warning(Scene.overview(backups: [lost]), now: Scene.now) == "Last backup is missing")
        #expect(TopLine.warning(Scene.overview(log: Scene.log(.unavailable)), now: Scene.now) == "Log unavailable")
        #expect(TopLine.warning(Scene.overview(log: Scene.log(.gap)), now: Scene.now) == "Log gap")
    }

    private func health(_ checks: [(name: String, state: String, message: String)]) throws -> Health {
        let list = checks.map { "{\"name\":\"\($0.name)\",\"state\":\"\($0.state)\",\"message\":\"\($0.message)\"}" }.joined(separator: ",")
        return try JSONDecoder().decode(
            Health.self, from: Data("{\"data\":\"/srv/app/SampleDB.db\",\"state\":\"ok\",\"time\":\"\",\"checks\":[\(list)]}".utf8))
    }

    @Test(arguments: [
        ("service", "critical", "No service for the schedule"), ("data", "critical", "Data file is missing"), ("archive", "warning", "Archives are missing"),
        ("proof", "critical", "Not proved to restore"), ("space", "warning", "Little space for backups"), ("disk", "warning", "All on one disk"),
        ("contents", "warning", "Backups leave the data out"), ("backup_age", "unknown", "Last backup is dated in the future"),
        ("schema", "warning", "Structure cannot be read (1524)"),
        ("new", "warning", "Something new"),
    ])
    func `whatever check finds is told, one that has no words here in its own`(name: String, state: String, words: String) throws {
        var overview = Scene.overview()
        overview.health = try health([(name, state, "something new"), ("log", "warning", "no log is on"), ("pending", "ok", "0 changes")])
        #expect(TopLine.warning(overview, now: Scene.now) == words)
    }

    @Test func `of several the most pressing is told, with how many there are besides`() throws {
        var overview = Scene.overview()
        overview.health = try health([("disk", "warning", ""), ("service", "critical", ""), ("backup", "critical", "")])
        overview.lastAttempt = Scene.backup(13, "2026-11-21T09:00:00.000Z", status: "failed")
        #expect(TopLine.warning(overview, now: Scene.now) == "Last backup failed (+2)")
    }

    @Test func `a log that is wished for is told`() {
        var log = Scene.log(.off)
        log.startsWithNextBackup = true
        #expect(TopLine.log(Scene.overview(log: log)) == "log starts with the next backup")
    }
}
