// The worked example: twelve records, three backups, and every way back. A foreign client writes, the built program does the rest.

import Testing

@Suite("The worked example")
struct WorkedExampleTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.sqlite("CREATE TABLE record(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.msc("log", "start", bench.data)
        for (number, names) in [["A", "B", "C"], ["D", "E", "F"], ["G", "H", "I"]].enumerated() {
            for name in names { try add(name) }
            let backup = try bench.json("backup", bench.data)
            #expect(backup["number"].int == number + 1)
            #expect(backup["lastOperation"].int == (number + 1) * 3)
        }
        for name in ["J", "K", "L"] { try add(name) }
    }

    private func add(_ name: String) throws { try bench.sqlite("INSERT INTO record(name) VALUES('\(name)')") }

    private let all = "A,B,C,D,E,F,G,H,I,J,K,L"
    private func names(_ path: String) throws -> String { try bench.sqlite("SELECT group_concat(name) FROM record", on: path) }

    @Test("each backup writes the archive with its number and the log backup with the number before")
    func files() throws {
        let folder = bench.listing(bench.backups).filter { $0.contains("[") }
        #expect(folder == [
            "SampleDB[0000].4BL", "SampleDB[0001].4BK", "SampleDB[0001].4BL", "SampleDB[0002].4BK", "SampleDB[0002].4BL",
            "SampleDB[0003].4BK",
        ])
        let status = try bench.json("log", "status", bench.data)
        #expect(status["firstOperation"].int == 10)
        #expect(status["pending"].int == 3)
        #expect(try bench.json("backups", bench.data).items.map { $0["lastOperation"].int } == [9, 6, 3])
    }

    @Test("each of the three archives, with the logs that follow it, restores to all twelve records", arguments: [1, 2, 3])
    func automatic(number: Int) throws {
        try bench.msc("log", "drain", bench.data)
        let outcome = try bench.json("restore", bench.archive(number), "--to", bench.path("back"), "--integrate", "auto")
        #expect(outcome["integrated"].items.map { $0["recordOperations"].int } == Array(repeating: 3, count: 4 - number))
        #expect(outcome["lastOperation"].int == 12)
        #expect(try names(bench.path("back/Data/SampleDB.db")) == all)
        #expect(try bench.content(bench.path("back/Data/SampleDB.db")) == bench.content())
    }

    @Test("the first archive and the logs by hand: three integrations of three operations each")
    func byHand() throws {
        try bench.msc("log", "drain", bench.data)
        try bench.json("restore", bench.archive(1), "--to", bench.path("back"))
        let copy = bench.path("back/Data/SampleDB.db")
        #expect(try names(copy) == "A,B,C")
        for log in [bench.logBackup(1), bench.logBackup(2), bench.journal] {
            let outcome = try bench.json("integrate", copy, log)
            #expect(outcome["integrated"].items.map { $0["operations"].int } == [3])
            #expect(outcome["integrated"][0]["recordOperations"].int == 3)
            #expect(outcome["integrated"][0]["skipped"].int == 0)
        }
        #expect(try names(copy) == all)
        #expect(try bench.content(copy) == bench.content())
    }

    @Test("a blank file and all the logs rebuild everything: the first log carries the structure")
    func fromNothing() throws {
        try bench.msc("log", "drain", bench.data)
        try bench.write([], to: bench.path("blank.db"))
        let logs = (0...2).map { bench.logBackup($0) } + [bench.journal]
        let outcome = try bench.json("integrate", bench.path("blank.db"), logs[0], logs[1], logs[2], logs[3])
        #expect(outcome["integrated"].items.map { $0["recordOperations"].int } == [3, 3, 3, 3])
        #expect(try names(bench.path("blank.db")) == all)
    }

    @Test("a restore ends at the operation that is asked for")
    func untilOperation() throws {
        try bench.msc("log", "drain", bench.data)
        let outcome = try bench.json("restore", bench.archive(1), "--to", bench.path("back"), "--until-operation", "6")
        #expect(outcome["lastOperation"].int == 6)
        #expect(try names(bench.path("back/Data/SampleDB.db")) == "A,B,C,D,E,F")
    }

    @Test("a rollback crosses log backups, and can be rolled back itself")
    func rollback() throws {
        try bench.msc("log", "drain", bench.data)
        let before = try bench.content()
        let plan = try bench.json("rollback", bench.data, "--to-operation", "3", "--dry-run")
        #expect(plan["cancelled"].int == 9)
        #expect(try bench.content() == before)
        let outcome = try bench.json("rollback", bench.data, "--to-operation", "3")
        #expect(outcome["kept"].int == 3 && outcome["byTable"]["record"].int == 9)
        #expect(try names(bench.data) == "A,B,C")
        try bench.json("rollback", bench.data, "--to-operation", "12")
        #expect(try bench.content() == before)
    }
}
