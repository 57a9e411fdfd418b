// A migration just before a backup, which nothing has written down yet.

import Database
import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("A migration just before a backup")
struct SnapshotTests {
    @Test("I1: what is changed after the backup is logged, in the new table and in the old ones")
    func nothingIsLost() throws {
        let site = try Site()
        try site.add("a", "b")
        try site.client().execute("CREATE TABLE noise(x); INSERT INTO noise VALUES(1)")
        _ = try site.backup()
        #expect(try site.status().state == .ok)
        for number in 0..<6 {
            try site.add("\(number)")
            try site.client().execute("INSERT INTO noise VALUES(\(number))")
        }
        #expect(try site.drain().drained == 12)
        try site.expectWhole("after a migration")
        _ = try site.backup()
        try site.add("z")
        try site.expectWhole("after a second backup")
    }
}
