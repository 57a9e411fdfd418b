// The looks at log, backups and what others do, over a real application.

import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine
@testable import Screens

@Suite struct OverviewReaderTests {
    /// As another process sees the application of a test.
    private let others = Surroundings(
        now: { Scene.now }, makeIdentifier: { "00000000-0000-4000-8000-000000000000" },
        context: Context(process: "msc", processID: 1, user: "admin", host: "db1"), version: "1.0.0")

    @Test func `what another process runs is seen without reading the rest anew, its own operation is not`() throws {
        let bench = try LoggedApplication()
        let reader = OverviewReader(bench.application, others)
        let own = OverviewReader(bench.application, bench.surroundings)
        #expect(reader.read(isForced: true)?.running == nil)
        var lock: OperationLock? = try OperationLock(.operation, for: "backup", on: bench.application, bench.surroundings)
        #expect(reader.read(isForced: true)?.running?.operation == "backup")
        #expect(own.read(isForced: true)?.running == nil)
        withExtendedLifetime(lock) {}
        lock = nil
        // The look rests after a reading: only what runs is looked at.
        let after = try #require(reader.read(isForced: false))
        #expect(after.running == nil && after.log.state == .ok)
    }

    @Test func `what cannot be read is told, and the backups are found all the same`() throws {
        let bench = try LoggedApplication()
        try bench.backup()
        try Publication.write(Array("not a database at all, but long enough to be read as one".utf8), to: bench.application.data)
        let overview = try #require(OverviewReader(bench.application, others).read(isForced: true))
        #expect(overview.backups.count == 1 && overview.problems.contains { $0.code == .notADatabase })
        #expect(overview.log.state != .ok)
        try Folder.create(bench.application.companion + "/Settings")
        try Publication.write(Array("<Preferences4D>".utf8), to: bench.application.companion + "/Settings/Backup.4DSettings")
        let worse = try #require(OverviewReader(bench.application, others).read(isForced: true))
        #expect(worse.problems.contains { $0.code == .badSetting } && worse.automation == nil, "\(worse.problems)")
    }
}
