// A database, its record or its administrator names the log of another database that lives and goes on writing to it.

import Database
import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("The log of a neighbour")
struct NeighbourLogTests {
    private let victim: Site
    private let log: String
    private let before: [UInt8]

    init() throws {
        victim = try Site()
        try victim.add("a")
        _ = try victim.drain()
        victim.leave()
        log = victim.application.defaultJournal
        before = try File.contents(of: log, atMost: 1 << 20)
    }

    /// A copy of the victim's data in a folder of its own that says it lives there and that its log is the victim's.
    private func forged() throws -> Application {
        let folder = victim.folder + "/elsewhere"
        try Folder.create(folder)
        try Connection(victim.application.data, .write).execute("VACUUM INTO '\(folder)/app.db'")
        let application = try Application(data: folder + "/app.db")
        let connection = try Connection(application.data, .write)
        var state = try #require(try CaptureState(connection))
        state.attach(to: application)
        state.journalPath = log
        try connection.transaction("IMMEDIATE") { try state.write(connection) }
        try connection.execute("INSERT INTO item(name) VALUES('forged')")
        return application
    }

    private func failure(_ body: () throws -> Void) -> Failure? {
        do {
            try body()
            return nil
        } catch { return error as? Failure }
    }

    private func checkUntouched() throws {
        #expect(try File.contents(of: log, atMost: 1 << 20) == before)
        #expect(try Folder.contents(of: victim.folder).filter { $0.hasSuffix(".journal") } == ["SampleDB.journal"])
        try victim.add("b")
        #expect(try victim.drain().lastOperation == 2)
    }

    @Test("I8: a forged database and record with the neighbour's identity and log write nothing there (1416)")
    func record() throws {
        let application = try forged()
        try application.createFolders()
        var record = try #require(try ApplicationRecord.read(victim.application))
        record.dataFile = "app.db"
        record.journal = log
        try record.write(application)
        let refused = failure { _ = try LogDrain(application: application, surroundings: victim.surroundings).run(Job()) }
        #expect(refused?.code == .foreignLog && refused?.cause == "it is the log of '\(victim.application.data)'", "\(String(describing: refused))")
        let backup = failure { _ = try Backup(application: application, surroundings: victim.surroundings, destination: nil).run(Job()) }
        #expect(backup?.code == .foreignLog)
        try checkUntouched()
    }

    @Test("I8: a forged database alone, without a record, does not lead a backup to the neighbour's log")
    func database() throws {
        let application = try forged()
        for _ in 1...2 { _ = failure { _ = try Backup(application: application, surroundings: victim.surroundings, destination: nil).run(Job()) } }
        _ = failure { _ = try LogDrain(application: application, surroundings: victim.surroundings).run(Job()) }
        try checkUntouched()
    }

    @Test("I8: 'log start' with the neighbour's log as its place is refused (1504), also where no folder tells whose it is")
    func place() throws {
        let site = try Site(startsLog: false)
        try site.add("x")
        for hidesOwner in [false, true] {
            if hidesOwner { try Folder.move(victim.application.companion, to: victim.folder + "/hidden") }
            for starts in [{ _ = try site.start(at: log) }, { _ = try LogRequest(application: site.application, surroundings: site.surroundings).run(journal: log, excluding: [], Job()) }] {
                let refused = failure { try starts() }
                #expect(refused?.code == .destinationExists && refused?.message.contains("stands at '\(log)'") == true, "\(String(describing: refused))")
            }
            if hidesOwner { try Folder.move(victim.folder + "/hidden", to: victim.application.companion) }
        }
        #expect(try !Capture.isInstalled(site.client()))
        try checkUntouched()
    }
}
