import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("The history file")
struct HistoryFileTests {
    let fixture: HistoryFixture

    init() throws { fixture = try HistoryFixture() }

    @Test("entries come back as they were written, oldest first")
    func roundTrip() throws {
        var entry = fixture.entry(1, .partial)
        entry.take(Failure(.fileNotFound, "the attachment '/größe' does not exist", hint: "Look."))
        entry.items = [HistoryEntry.Item(role: "data", path: "/a\t\u{1}b", size: .max)]
        entry.chain = "c"
        (entry.firstOperation, entry.lastOperation, entry.position) = (1, .max, .max)
        try fixture.append([entry, fixture.entry(2)])
        let reading = try fixture.file.read()
        #expect(reading.warnings.isEmpty)
        #expect(reading.history.entries == [entry, fixture.entry(2)])
        #expect(try fixture.names() == ["backupHistory.json"])
        let text = try ScratchApplication.read(fixture.file.path)
        #expect(text.contains("\"formatVersion\" : 1") && text.contains("\"errorCode\" : 1513"))
    }

    @Test("no folder, or no file and no archives: an empty history without a warning")
    func empty() throws {
        for folder in [fixture.folder, fixture.folder + "/missing"] {
            let reading = try HistoryFixture.file(folder, application: "id-1").read()
            #expect(reading.history.entries.isEmpty && reading.warnings.isEmpty)
        }
    }

    @Test("two applications that share the folder keep apart histories")
    func shared() throws {
        let other = HistoryFixture.file(fixture.folder, application: "id-2", name: "Other")
        try fixture.append([fixture.entry(1)])
        try other.append(fixture.entry(9), now: 0)
        try fixture.append([fixture.entry(2)])
        #expect(try fixture.file.read().history.entries.map(\.number) == [1, 2])
        #expect(try other.read().history.entries.map(\.number) == [9])
    }

    @Test("a lost history is rebuilt from this application's archives, segments and unreadable ones included")
    func lost() throws {
        try fixture.put(2)
        try fixture.put(10)
        try fixture.put(1)
        try fixture.put(3, of: "id-2")
        for segment in ["0001", "0002", "0004"] {
            try Publication.write(Array("of id-1".utf8), to: "\(fixture.folder)/SampleDB[0011-\(segment)].4BK")
        }
        try Publication.write(Array("rubbish".utf8), to: fixture.archive(4))
        let reading = try fixture.file.read()
        #expect(reading.history.sets.map(\.number) == [11, 10, 2, 1])
        #expect(reading.history.sets.allSatisfy { $0.bytes == 42 && $0.log == nil })
        #expect(reading.history.entries.map(\.number) == [1, 2, 4, 10, 11])
        #expect(reading.history.entries.first?.archiveFiles == [fixture.archive(1)])
        #expect(reading.history.entries.last?.segments == 2)
        #expect(reading.warnings.map(\.code) == [.fileNotFound, .archiveDamaged])
        #expect(reading.warnings.last?.message.contains(fixture.archive(4)) == true)
        #expect(!Folder.exists(fixture.file.path), "reading changes nothing")
        var identity = ApplicationRecord(application: "id-1", dataFile: "SampleDB.db")
        #expect(try fixture.file.nextNumber(identity, reading.history) == 12)
        identity.lastBackup = 20
        #expect(try fixture.file.nextNumber(identity, reading.history) == 21)
    }

    @Test("a damaged history is set aside, not deleted, and rebuilt", arguments: [
        "", "{", "[]", "null", #"{"formatVersion":1}"#, #"{"formatVersion":1,"applications":{"id-1":{"name":"S","entries":[{}]}}}"#,
        #"{"formatVersion":"1","applications":{}}"#, String(repeating: "[", count: 100_000),
    ])
    func damaged(text: String) throws {
        try fixture.put(1)
        try Publication.write(Array(text.utf8), to: fixture.file.path)
        let reading = try fixture.file.read()
        #expect(reading.history.entries.map(\.number) == [1])
        #expect(reading.warnings.map(\.code) == [.badValue])
        #expect(try ScratchApplication.read(fixture.file.path) == text, "reading changes nothing")
        try fixture.append([fixture.entry(2)])
        #expect(try fixture.file.read().history.entries.map(\.number) == [1, 2])
        #expect(try fixture.file.read().warnings.isEmpty)
        let aside = try fixture.names().filter { $0.hasPrefix("backupHistory-damaged-20") }
        #expect(aside.count == 1)
        #expect(try ScratchApplication.read("\(fixture.folder)/\(aside.first ?? "")") == text)
        // A second one in the same second does not replace the first.
        try Publication.write(Array("{".utf8), to: fixture.file.path)
        try fixture.append([fixture.entry(3)])
        #expect(try fixture.names().filter { $0.hasPrefix("backupHistory-damaged-20") }.count == 2)
    }

    @Test("an archive whose backup was killed before it was recorded is found; one put back is left alone")
    func adoption() throws {
        try fixture.put(2)
        try fixture.append([fixture.entry(2)])
        #expect(try fixture.file.read().warnings.isEmpty, "the first backup has no lost history")
        try fixture.put(3)
        try fixture.put(1)
        #expect(try fixture.file.read().history.entries.map(\.number) == [2, 3])
        #expect(try fixture.file.read().warnings.isEmpty)
        try fixture.put(4)
        try fixture.append([fixture.entry(4)])
        #expect(try fixture.file.read().history.entries.map(\.number) == [2, 3, 4])
    }

    @Test("an archive that cannot be read now stays in sight and is listed when it can be")
    func unlisted() throws {
        try Publication.write(Array("rubbish".utf8), to: fixture.archive(1))
        try fixture.put(2)
        try fixture.append([fixture.entry(2)])
        var reading = try fixture.file.read()
        #expect(reading.history.entries.map(\.number) == [1, 2] && reading.history.sets.map(\.number) == [2])
        #expect(reading.history.entries[0].errorCode == 1411 && reading.warnings.count == 1)
        #expect(Retention.setsToDelete(reading.history, keep: 1, existing: { Folder.exists($0) }).isEmpty)
        try fixture.put(1)
        reading = try fixture.file.read()
        #expect(reading.history.sets.map(\.number) == [2, 1] && reading.warnings.isEmpty)
        #expect(reading.history.entries.map(\.number) == [1, 2])
    }

    @Test("a history of a newer format is refused and left alone")
    func newer() throws {
        try Publication.write(Array(#"{"formatVersion":2,"else":[]}"#.utf8), to: fixture.file.path)
        do {
            try fixture.append([fixture.entry(1)])
            Issue.record("the update must fail")
        } catch { #expect((error as? Failure)?.code == .unsupportedVersion) }
        #expect(try fixture.names() == ["backupHistory.json"])
    }

    @Test("a change that throws leaves the file as it was")
    func throwing() throws {
        try fixture.append([fixture.entry(1)])
        #expect(throws: Failure.self) {
            try fixture.file.update(now: 0) { history throws(Failure) in
                history.entries.removeAll()
                throw Failure(.stopped, "stopped", hint: "Again.")
            }
        }
        #expect(try fixture.file.read().history.entries.count == 1)
    }

    @Test("an update waits for another one and gives up with error 1510")
    func locked() throws {
        let lock = try FolderLock.take(fixture.folder, patience: 0)
        do {
            _ = try FolderLock.take(fixture.folder, patience: 30)
            Issue.record("the lock was taken twice")
        } catch { #expect(error.code == .operationRunning) }
        _ = consume lock
        _ = try FolderLock.take(fixture.folder, patience: 0)
    }

    @Test("I3, I5: whichever call fails, the history is the old one or the new one, and readable")
    func everyFault() throws {
        let met = try withEveryFault(below: fixture.folder) { fault, end in
            try Folder.removeFile(fixture.file.path)
            try fixture.append([fixture.entry(1)])
            fault()
            let failed = (try? fixture.append([fixture.entry(2)])) == nil
            let met = end()
            let numbers = try fixture.file.read().history.entries.map(\.number)
            #expect(numbers == [1] || numbers == [1, 2])
            #expect(try fixture.file.read().warnings.isEmpty)
            #expect(failed == met)
            if !failed { #expect(numbers == [1, 2]) }
            #expect(try fixture.names() == ["backupHistory.json"])
        }
        #expect(met >= 7, "the lock, two readings, and open, write, sync, rename, folder's sync must each have failed")
    }

    @Test("whichever call fails while a damaged history is set aside, nothing of it is lost")
    func everyFaultSettingAside() throws {
        try fixture.put(1)
        let met = try withEveryFault(below: fixture.folder) { fault, end in
            for name in try fixture.names() where name.hasPrefix("backupHistory") {
                try Folder.removeFile("\(fixture.folder)/\(name)")
            }
            try Publication.write(Array("damage".utf8), to: fixture.file.path)
            fault()
            _ = try? fixture.append([fixture.entry(2)])
            _ = end()
            let kept = try fixture.names().filter { $0.hasPrefix("backupHistory") }
                .filter { try ScratchApplication.read("\(fixture.folder)/\($0)") == "damage" }
            #expect(kept.count == 1)
            let numbers = try fixture.file.read().history.entries.map(\.number)
            #expect(numbers == [1] || numbers == [1, 2])
        }
        #expect(met >= 9)
    }
}
