// A database whose file, tables, columns, indexes and values are named to steer a terminal or to turn text around: nothing of that
// reaches one, by any command. A command that is added has to be added here.

import Foundation
import Glibc
import Testing
import Vocabulary

@Suite("Names and values that steer")
struct SteeringTextTests {
    /// Clears a screen, colours by a C1 character, turns the direction, rings, deletes.
    private static let evil = "\u{1b}[2J\u{9b}31m\u{202e}\u{7}\u{7f}\u{2066}"

    @Test("reach no terminal and no exported text, by any command")
    func commands() throws {
        let evil = SteeringTextTests.evil
        let bench = try Workbench("e\(evil).db")
        let fill = """
            t, c = '"t' + argv[0] + '"', '"c' + argv[0] + '"'
            db.execute('INSERT INTO %s(%s) VALUES(?)' % (t, c), ('v' + argv[0],))
            db.execute("INSERT INTO x VALUES(cast(x'ff1b9bc29b' as text))")
            db.execute('UPDATE %s SET %s=%s||?' % (t, c, c), ('w' + argv[0],))
            """
        try bench.python(
            """
            n = argv[0]
            db.execute('CREATE TABLE "t%s"(id INTEGER PRIMARY KEY, "c%s" TEXT)' % (n, n))
            db.execute('CREATE TABLE x(a)')
            db.execute('CREATE INDEX "i%s" ON x(a)' % n)
            db.execute('CREATE VIEW "v%s" AS SELECT 1' % n)
            """, [evil])
        let (data, archive, copy) = (bench.data, bench.path("e\(evil).msc/Backups/e\(evil)[0001].4BK"), bench.path("r\(evil)"))
        let journal = bench.path("e\(evil).journal")
        let outputs = [[], ["--json"], ["--quiet"], ["--progress", "json"]]
        var done: Set<String> = []
        func run(_ arguments: [String]) throws {
            let ended = try bench.start(arguments).wait()
            check(ended, arguments)
            done.insert(arguments[0] == "log" ? "log \(arguments[1])" : arguments[0])
        }
        for arguments in [["log", "start", data, "--check"], ["log", "start", data, "--exclude", evil], ["log", "start", data]] { try run(arguments) }
        try bench.python(fill, [evil])
        for arguments in [["log", "drain", data], ["backup", data]] { try run(arguments) }
        try bench.python(fill + "\ndb.execute('CREATE TABLE \"u' + argv[0] + '\"(a)')", [evil])
        try run(["log", "drain", data])
        for arguments in [
            ["info", data], ["log", "status", data], ["log", "check", journal], ["activity", data], ["backups", data], ["verify", data],
            ["verify", archive],
            ["check", data], ["settings", data], ["info", bench.path("none\(evil)")], ["activity", journal, "--since", evil], ["activity",
            data, "--table", evil],
            ["verify", data, "--table", evil], ["settings", data, "Backup/\(evil)", "x"], ["repair", archive], ["resume", data],
        ] {
            for output in outputs { try run(arguments + output) }
        }
        for format in ["json", "jsonl", "csv", "csv-exact", "text", "redo-sql", "undo-sql"] { try run(["log", "export", data, "--format", format]) }
        for arguments in [
            ["restore", archive, "--to", copy], ["restore", archive, "--to", copy], ["integrate", copy + "/Data/e\(evil).db", journal], ["log",
            "new", data],
            ["rollback", data, "--to-operation", "1", "--dry-run"], ["rollback", data, "--to-operation", "1"], ["restore", archive, "--in-place"], ["log", "anchor", data, "--anchor", bench.path("a\(evil)")],
            ["log", "key", bench.path("k\(evil)")],
        ] { try run(arguments) }
        let service = try bench.start(["watch", data, "--metrics", bench.path("metrics")])
        while service.isRunning, !bench.exists(bench.path("metrics")) { usleep(10_000) }
        service.signal(SIGTERM)
        check(service.wait(), ["watch"])
        done.insert("watch")
        #expect(!String(decoding: bench.bytes(bench.path("metrics")),
        as: UTF8.self).unicodeScalars.contains { SafeText.isSteering($0) && $0 != "\n" })
        try run(["log", "stop", data])
        try run([evil])
        // Every subcommand of docs/cli.md, which another test holds against the program.
        let page = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../docs/cli.md"), encoding: .utf8)
        let listed = page.split(separator: "\n").filter { $0.hasPrefix("msc ") && !$0.hasPrefix("msc [") }.map { line in
            line.split(separator: " ").dropFirst().prefix { $0.allSatisfy(\.isLowercase) }.prefix(2).joined(separator: " ")
        }
        #expect(Set(listed.filter { !$0.isEmpty }).subtracting(done) == [])
    }

    private func check(_ ended: Ended, _ arguments: [String]) {
        let shown = (ended.output + ended.errors).unicodeScalars.filter { $0 != "\n" && $0 != "\r" && $0 != "\t" }
        let steering = shown.first(where: SafeText.isSteering)
        #expect(steering == nil, "\(arguments): \(steering.map { $0.escaped(asASCII: true) } ?? "")")
        #expect(ended.status < 128, "\(arguments) ended by signal \(ended.status - 128)")
    }
}
