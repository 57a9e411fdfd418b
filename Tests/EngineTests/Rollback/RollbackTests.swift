import EngineSupport
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Rollback by archives")
struct RollbackTests {
    private let bench: LoggedApplication

    init() throws {
        bench = try LoggedApplication()
        try bench.workedExample()
    }

    private func rollback(to operation: UInt64) throws -> RollbackOutcome {
        var rollback = Rollback(
            application: bench.application, surroundings: bench.surroundings, to: .operation(operation), insideTransaction: false,
            dryRun: false)
        rollback.method = .restore
        return try rollback.run(Job())
    }

    @Test("a damaged archive is passed over with a warning: an older one and more logs reach the same point")
    func damagedArchive() throws {
        try Publication.write(Array(repeating: 7, count: 5000), to: bench.archive(2))
        let outcome = try rollback(to: 7)
        #expect(try bench.names() == "ABCDEFG")
        #expect(outcome.warnings.count == 1)
        #expect(outcome.warnings.first?.hasPrefix("backup 2 was passed over: ") == true, "\(outcome.warnings)")
    }

    @Test("damage in the middle of an archive is found while it is taken out, and passed over too; nothing stays beside the data")
    func damagedData() throws {
        var bytes = try File.contents(of: bench.archive(2), atMost: 1 << 28)
        for index in 200..<220 { bytes[index] ^= 0x55 }
        try Publication.write(bytes, to: bench.archive(2))
        let before = try Folder.contents(of: bench.folder)
        let outcome = try rollback(to: 7)
        #expect(try bench.names() == "ABCDEFG")
        #expect(outcome.warnings.count == 1, "\(outcome.warnings)")
        #expect(try Folder.contents(of: bench.folder) == before)
    }

    @Test("with all archives damaged, logs that are whole from blank data on reach the point alone, with a warning for each archive")
    func logsAlone() throws {
        for number in 1...3 { try Publication.write(Array(repeating: 7, count: 5000), to: bench.archive(number)) }
        let outcome = try rollback(to: 7)
        #expect(try bench.names() == "ABCDEFG")
        #expect(outcome.warnings.count == 3)
    }

    @Test("I6: with all archives damaged the data stay as they were, and the newest one's error is told")
    func allDamaged() throws {
        for number in 1...3 { try Publication.write(Array(repeating: 7, count: 5000), to: bench.archive(number)) }
        // The first log, which began on blank data, would be a base by itself.
        try Folder.removeFile(bench.logBackup(0))
        let failure = #expect(throws: Failure.self) { try rollback(to: 7) }
        #expect(failure?.code == .archiveDamaged)
        #expect(failure?.message.contains("SampleDB[0003].4BK") == true)
        #expect(try bench.names() == "ABCDEFGHIJKL")
    }
}
