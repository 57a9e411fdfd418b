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
}
