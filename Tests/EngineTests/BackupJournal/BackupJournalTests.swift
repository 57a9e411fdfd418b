import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("The backup journal")
struct BackupJournalTests {
    let scratch: ScratchApplication
    let folder: String

    init() throws {
        scratch = try ScratchApplication()
        folder = scratch.folder + "/Logs"
    }

    private func journal(verbose: Bool = true, limit: UInt64 = 10_000_000) -> BackupJournal {
        BackupJournal(folder: folder, isVerbose: verbose, limit: limit)
    }

    private func path(_ number: Int) -> String { "\(folder)/Backup Journal[\(Application.padded(number, width: 3))].txt" }
    private func lines(_ number: Int = 1) throws -> [String] {
        try ScratchApplication.read(path(number)).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private var backup: JournalLine {
        var line = JournalLine(.backup, at: 1_700_000_000_000)
        line.number = 6
        line.status = "partial"
        line.path = "/b/S[0006].4BK"
        line.size = 1234
        line.seconds = 61.25
        line.error = Failure(.fileNotFound, "the attachment '/a' does not exist", hint: "Look.")
        line.items = [HistoryEntry.Item(role: "data", path: "/größe\t\u{1b}[2J\n\\x", size: 7)]
        return line
    }

    @Test("a backup is a line, and each item one when verbose", arguments: [true, false])
    func event(verbose: Bool) throws {
        #expect(journal(verbose: verbose).record(backup) == nil)
        let date = Timestamp.local(1_700_000_000_000)
        #expect(try lines() == [
            "Date\tEvent\tNumber\tStatus\tPath\tSize\tSeconds\tError\tDetail",
            "\(date)\tbackup\t6\tpartial\t/b/S[0006].4BK\t1234\t61.3\t1513\tthe attachment '/a' does not exist",
        ] + (verbose ? ["\(date)\titem\t6\tdata\t/größe\\t\\x1b[2J\\n\\\\x\t7\t\t\t"] : []) + [""])
    }

    @Test("every kind of event is one line with nine fields", arguments: JournalLine.Event.allCases)
    func events(event: JournalLine.Event) throws {
        #expect(journal().record(JournalLine(event, at: 0)) == nil)
        #expect(try lines().count == 3)
        #expect(try lines()[1].split(separator: "\t", omittingEmptySubsequences: false).count == 9)
    }

    @Test("a line that was torn off does not swallow the next one")
    func torn() throws {
        #expect(journal().record(JournalLine(.backup, at: 0)) == nil)
        let whole = try ScratchApplication.read(path(1))
        try Publication.write(Array(whole.utf8.dropLast(3)), to: path(1))
        #expect(journal().record(JournalLine(.restore, at: 0)) == nil)
        #expect(try lines().count == 4)
        #expect(try lines()[2].contains("\trestore\t"))
    }

    @Test("a full file is left and the next one begun")
    func rotation() throws {
        for _ in 0..<3 { #expect(journal(limit: 120).record(JournalLine(.backup, at: 0)) == nil) }
        #expect(try lines(1).count == 4)
        #expect(try lines(2).count == 3)
        #expect(try journal().currentFile() == path(2))
    }

    @Test("after 999 comes 001 again, old files being replaced one by one")
    func ring() throws {
        try Folder.create(folder)
        for number in 2...999 { try rawWrite(String(repeating: "\(number)", count: 40), path(number)) }
        for number in [1, 2, 3] {
            #expect(journal(limit: 100).record(JournalLine(.backup, at: 0)) == nil)
            #expect(try lines(number).count == 3 && lines(number)[0].hasPrefix("Date"))
            #expect(try journal().currentFile() == path(number))
            #expect(!Folder.exists(path(number + 1)), "the gap after the current file")
            #expect(Folder.exists(path(number + 2)))
            try rawWrite(String(repeating: "full", count: 40), path(number))
        }
        #expect(try Folder.contents(of: folder).count == 998)
    }

    private func rawWrite(_ text: String, _ path: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }

    @Test("when somebody took files away the one written last goes on")
    func holes() throws {
        try Folder.create(folder)
        for number in [5, 9, 2] {
            try rawWrite("old\n", path(number))
            var times = [timespec(tv_sec: number == 5 ? 2000 : 1000, tv_nsec: 0), timespec(tv_sec: number == 5 ? 2000 : 1000, tv_nsec: 0)]
            utimensat(AT_FDCWD, path(number), &times, 0)
        }
        #expect(try journal().currentFile() == path(5))
        #expect(journal().record(JournalLine(.backup, at: 0)) == nil)
        #expect(try lines(5).count == 3)
    }

    @Test("a journal that cannot be written is a warning that says what is not in it")
    func warning() throws {
        try scratch.write("a file in the folder's place", to: "Logs")
        let found = try #require(journal().record(backup))
        #expect(found.code == .writeFailed)
        #expect(found.message == "the backup is not in the backup journal, since '\(folder)' cannot be written")
        #expect(found.cause != nil)
    }

    @Test("whichever call fails, the lines before stay, and what is there of the new one is whole")
    func everyFault() throws {
        for limit: UInt64 in [10_000_000, 80] {
            let met = try withEveryFault(below: folder) { fault, end in
                for number in 1...4 { try Folder.removeFile(path(number)) }
                for _ in 0..<2 { #expect(journal(limit: 10_000_000).record(JournalLine(.backup, at: 0)) == nil) }
                let before = try ScratchApplication.read(path(1))
                fault()
                let failure = journal(limit: limit).record(JournalLine(.restore, at: 0))
                let met = end()
                #expect((failure != nil) == met)
                let after = try (1...2).filter { Folder.exists(path($0)) }.map { try ScratchApplication.read(path($0)) }.joined()
                #expect(after.hasPrefix(before) && after.hasSuffix("\n"))
                #expect(after.contains("\trestore\t") == !met)
                #expect(journal(limit: limit).record(JournalLine(.integration, at: 0)) == nil)
                let all = try (1...4).filter { Folder.exists(path($0)) }.map { try ScratchApplication.read(path($0)) }.joined()
                #expect(all.contains("\tintegration\t"))
                let rows = all.split(separator: "\n")
                #expect(rows.allSatisfy { $0.split(separator: "\t", omittingEmptySubsequences: false).count == 9 })
            }
            #expect(met >= (limit == 80 ? 13 : 8), "lock, size, last byte, write and sync; publishing the next file")
        }
    }

    @Test("many items are written in blocks, all of them")
    func manyItems() throws {
        var line = backup
        line.items = (0..<30_000).map { HistoryEntry.Item(role: "attachment", path: "/some/longer/path/to/fill/blocks/\($0)", size: 1) }
        #expect(journal().record(line) == nil)
        #expect(try lines().count == 30_003)
    }
}
