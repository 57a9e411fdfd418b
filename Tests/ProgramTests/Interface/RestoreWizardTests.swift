// The restore wizard in the built program: from a restored copy to a lost data file, keys and screen only.

import FileSystem
import PtySupport
import TerminalKit
import Testing

@Suite("The restore wizard on a terminal")
struct RestoreWizardTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.sqlite("CREATE TABLE record(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.msc("log", "start", bench.data)
        for names in ["ABC", "DEF"] {
            for name in names { try bench.sqlite("INSERT INTO record(name) VALUES('\(name)')") }
            try bench.msc("backup", bench.data)
        }
        for name in "GHI" { try bench.sqlite("INSERT INTO record(name) VALUES('\(name)')") }
    }

    private func names(_ path: String) throws -> String { try bench.sqlite("SELECT group_concat(name, '') FROM record", on: path) }

    @Test("from the first backup one log, then all of them")
    func oneByOne() throws {
        let session = try bench.interface([bench.data, "--page", "restore"])
        try session.wait(forText: "1 log follows, up to operation 9")
        try session.press(.down)
        try session.wait(forText: "2 logs follow, up to operation 9")
        try session.press("n")
        try session.wait(forText: "are free there")
        try session.press("n", .up)
        try session.wait(forText: "Ends after operation 9")
        try session.press("n")
        session.send("\r")
        try session.wait(forText: "Integrate a log?")
        session.send("\r")
        try session.wait(forText: "3 operations were integrated. Integrate another?")
        session.send("a")
        try session.wait(forText: "The data are as after operation 9.")
        #expect(try names(bench.path("SampleDB[0001]/Data/SampleDB.db")) == "ABCDEFGHI")
    }

    @Test("a lost data file comes back in place, after its name has been typed")
    func lost() throws {
        try bench.msc("log", "drain", bench.data)
        for ending in ["", "-wal", "-shm"] where bench.exists(bench.data + ending) { try Folder.removeFile(bench.data + ending) }
        let session = try bench.interface([bench.data, "--page", "restore"])
        try session.wait(forText: "1 log follows, up to operation 9")
        try session.press("n", "i")
        try session.wait(forText: "It is missing")
        try session.press("n")
        try session.wait(forText: "Ends after operation 9")
        try session.press("n")
        session.send("SampleDB\r")
        try session.wait(forText: "The data are restored in place.")
        #expect(try names(bench.data) == "ABCDEFGHI")
    }
}
