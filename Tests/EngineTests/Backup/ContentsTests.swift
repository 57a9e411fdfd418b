// What a backup takes besides the data, what it must never open, and a backup that takes no data at all.

import Archive
import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("The contents of a backup")
struct ContentsTests {
    @Test("I2: a backup without the data cuts no log and claims no operation, and never displaces a set that holds data")
    func withoutData() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        try site.set("<SetNumber><Value>2</Value></SetNumber>", general: "<IncludeDataFile>False</IncludeDataFile>")
        try site.add("b")
        for _ in 0..<4 {
            let outcome = try site.backup()
            #expect(outcome.log == nil && outcome.lastOperation == nil)
            #expect(try ArchiveReader(path: outcome.archive).manifest().chain == "")
        }
        #expect(try site.status().firstOperation == 2 && site.status().state == .ok)
        #expect(try site.sets().map(\.number) == [5, 4, 1])
        try site.expectWhole("without data")
        let check = Health.of(site.application, site.surroundings).checks.first { $0.name == "contents" }
        #expect(check?.state == .warning)
    }

    @Test("the backup that a log begins with holds the data, whatever the settings leave out")
    func base() throws {
        let site = try Site(startsLog: false)
        try site.set("", general: "<IncludeDataFile>False</IncludeDataFile>")
        try site.add("a")
        _ = try site.start()
        try site.add("b")
        try site.expectWhole("the base of a chain")
    }

    @Test("the live data, its journals, the log and the companion folder are never opened as attachments")
    func live() throws {
        let site = try Site()
        try site.add("a")
        try Publication.write([1, 2], to: site.folder + "/note.txt")
        try Folder.link(site.application.data, as: site.folder + "/second.db")
        let destination = site.folder + "-backups"
        try Folder.create(destination)
        defer { try? Folder.removeTree(destination) }
        try site.set(
            "", general: "<DestinationFolder>\(destination)</DestinationFolder><StructureFiles><ItemsCount>1</ItemsCount><Item1>\(site.folder)</Item1></StructureFiles>")
        let outcome = try site.backup()
        #expect(outcome.status == .complete && outcome.missing == [])
        let names = try ArchiveReader(path: outcome.archive).manifest().items.filter { $0.role == .structure }.map(\.originalPath)
        #expect(names == [site.folder + "/note.txt"])
    }

    @Test(
        "what has taken the place of an attachment since it was listed is looked at before it is opened: the data and links are not, a new file is")
    func exchanged() throws {
        let site = try Site()
        let attached = site.folder + "/attached"
        try Publication.write([1], to: attached)
        try site.set("", general: "<IncludesFiles><ItemsCount>1</ItemsCount><Item1>\(attached)</Item1></IncludesFiles>")
        let contents = BackupContents(site.application, try BackupSettings.read(site.application))
        let item = try #require(contents.items.first { $0.entry.originalPath == attached })
        func refusal() -> Int32? {
            do { _ = try contents.open(item) } catch { return error.errno }
            return nil
        }
        try Publication.write([2, 3], to: attached)
        #expect(try contents.open(item).size() == 2)
        unlink(attached)
        #expect(refusal() == ENOENT)
        try Folder.link(site.application.data, as: attached)
        #expect(refusal() == SystemError.exchanged)
        unlink(attached)
        #expect(symlink(site.application.settingsFile, attached) == 0 && refusal() == SystemError.isLink)
        unlink(attached)
        #expect(mkfifo(attached, 0o600) == 0 && refusal() == SystemError.notPlain)
        let outcome = try site.backup()
        #expect(outcome.status == .partial && outcome.missing == [attached])
    }

    @Test("a name that an archive cannot hold is listed as missing; the longest names come back")
    func names() throws {
        let site = try Site()
        try site.add("a")
        let folder = site.folder + "/attached"
        try Folder.create(folder)
        let long = folder + "/" + String(repeating: "ä", count: 127)
        for path in [folder + "/back\\slash", folder + "/good"] { try Publication.write([1], to: path) }
        let descriptor = open(long, O_CREAT | O_WRONLY, 0o600)
        try #require(descriptor >= 0)
        close(descriptor)
        try site.set("", general: "<IncludesFiles><ItemsCount>1</ItemsCount><Item1>\(folder)</Item1></IncludesFiles>")
        let outcome = try site.backup()
        #expect(outcome.status == .partial && outcome.missing == [folder + "/back\\slash"])
        let restored = try site.restore(1, .folder(site.folder + "/r"))
        #expect(restored.items.contains { $0.contains("ää") } && Folder.exists(site.folder + "/r/Attachments/attached/good"))
        #expect(try site.leftovers() == [])
    }

    @Test("two attachments of one name are both in the archive; the destination may not lie in what is backed up")
    func sameNames() throws {
        let site = try Site()
        try site.add("a")
        let folders = ["/one/images", "/two/images", "/three/images"].map { site.folder + $0 }
        for (index, folder) in folders.enumerated() {
            try Folder.create(folder)
            try Publication.write([UInt8(index)], to: folder + "/x")
        }
        let list = "<IncludesFiles><ItemsCount>3</ItemsCount>\(folders.enumerated().map { "<Item\($0 + 1)>\($1)</Item\($0 + 1)>" }.joined())</IncludesFiles>"
        try site.set("", general: list)
        let outcome = try site.backup()
        #expect(outcome.status == .complete)
        _ = try site.restore(1, .folder(site.folder + "/r"))
        for (index, name) in ["images", "images~2", "images~3"].enumerated() {
            #expect(try File.contents(of: site.folder + "/r/Attachments/\(name)/x", atMost: 10) == [UInt8(index)])
        }
        try Folder.create(folders[1] + "/deep")
        try site.set("", general: "<DestinationFolder>\(folders[1])/deep</DestinationFolder>" + list)
        let failure = #expect(throws: Failure.self) { _ = try site.backup() }
        #expect(failure?.code == .destinationInvalid && failure?.cause == "it lies inside '\(folders[1])', which is being backed up")
        // The attempt is on record, and nothing else was written.
        #expect(try Folder.contents(of: folders[1] + "/deep") == ["backupHistory.json"])
    }

    @Test("the plan of a backup tells what is missing as the backup does")
    func plan() throws {
        let site = try Site()
        try site.add("a")
        let folder = site.folder + "/attached"
        try Folder.create(folder)
        try Publication.write([1, 2, 3], to: folder + "/x")
        let gone = site.folder + "/gone"
        let list = [folder, gone, "/dev/null"].enumerated().map { "<Item\($0 + 1)>\($1)</Item\($0 + 1)>" }.joined()
        try site.set("", general: "<IncludesFiles><ItemsCount>3</ItemsCount>\(list)</IncludesFiles>")
        let plan = try BackupPlan.of(site.application, Job())
        let items = plan.items.filter { $0.role == "attachment" }
        #expect(items.map(\.path) == [folder, gone, "/dev/null"] && items.map(\.isMissing) == [false, true, true])
        #expect(items[0].bytes == 3 && items[0].files == 1)
        #expect(try site.backup().missing == [gone, "/dev/null"])
    }
}
