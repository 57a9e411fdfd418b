// Every subcommand's JSON document has the keys that docs/cli.md promises: they are interface.

import Testing

@Suite("The documents of --json")
struct DocumentTests {
    @Test("backup and backups")
    func backup() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        let plain = try bench.json("backup", bench.data)
        #expect(plain.keys.isSuperset(of: [
            "number", "status", "archive", "log", "lastOperation", "bytes", "archiveBytes", "seconds", "missing", "warnings",
            "writersWaitedSeconds",
        ]))
        #expect(plain["status"].string == "complete" && plain["number"].int == 1 && plain["archive"].string == bench.archive(1))
        #expect(plain["log"].isNull && plain["lastOperation"].isNull && plain["missing"].items.isEmpty)
        try bench.json("log", "start", bench.data)
        try bench.add("a")
        let logged = try bench.json("backup", bench.data)
        #expect(logged["log"].string == bench.logBackup(1) && logged["lastOperation"].int == 1)
        let sets = try bench.json("backups", bench.data)
        #expect(sets.items.map { $0["number"].int } == [2, 1])
        for set in sets.items {
            #expect(set.keys.isSuperset(of: [
                "number", "date", "status", "archive", "log", "archiveBytes", "lastOperation", "present", "seconds", "error",
            ]))
            #expect(set["present"].bool == true)
        }
        #expect(sets[1]["log"].isNull && sets[1]["lastOperation"].isNull)
    }

    @Test("a missing attachment makes the backup partial: exit status 3, named, and the archive is good")
    func partial() throws {
        let bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
        try bench.write(Array("kept".utf8), to: bench.path("kept.txt"))
        try bench.set("General", "<IncludesFiles><ItemsCount>2</ItemsCount><Item1>\(bench.path("kept.txt"))</Item1><Item2>\(bench.path("gone"))</Item2></IncludesFiles>")
        let outcome = try bench.json("backup", bench.data, status: 3)
        #expect(outcome["status"].string == "partial" && outcome["missing"].strings == [bench.path("gone")])
        #expect(try bench.json("backups", bench.data)[0]["status"].string == "partial")
        #expect(try bench.json("verify", bench.archive(1))["result"].string == "ok")
        let restored = try bench.json("restore", bench.archive(1), "--to", bench.path("r"))
        #expect(bench.bytes(bench.path("r/Attachments/kept.txt")) == Array("kept".utf8))
        #expect(restored["items"].strings.contains(bench.path("r/Attachments/kept.txt")))
    }

    @Test("log status, drain, new, stop")
    func log() throws {
        let bench = try Workbench.logged()
        let status = try bench.json("log", "status", bench.data)
        #expect(status.keys.isSuperset(of: [
            "enabled", "path", "firstOperation", "lastOperation", "pending", "state", "chain", "reason", "notJournaled",
        ]))
        #expect(status["enabled"].bool == true && status["path"].string == bench.journal && status["state"].string == "ok")
        let drain = try bench.json("log", "drain", bench.data)
        #expect(drain["drained"].int == 3 && drain["lastOperation"].int == 6)
        #expect(try bench.json("log", "drain", bench.data)["drained"].int == 0)
        let cut = try bench.json("log", "new", bench.data)
        #expect(cut["firstOperation"].int == 4 && cut["lastOperation"].int == 6)
        #expect(bench.exists(try #require(cut["segment"].string)))
        try bench.add("g")
        #expect(try bench.json("log", "drain", bench.data)["lastOperation"].int == 7)
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"), "--integrate", "auto")
        #expect(try bench.names(bench.path("r/Data/SampleDB.db")) == "abcdefg")
        try bench.json("log", "stop", bench.data)
        #expect(try bench.sqlite("SELECT group_concat(name) FROM sqlite_master") == "item", "the schema is as without us")
        let off = try bench.json("log", "status", bench.data)
        #expect(off["enabled"].bool == false && off["state"].string == "off" && off["chain"].isNull)
    }

    @Test("restore, integrate, rollback")
    func ways() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", bench.data)
        let restore = try bench.json("restore", bench.archive(1), "--to", bench.path("r"))
        #expect(restore.keys.isSuperset(of: ["destination", "data", "items", "integrated", "lastOperation", "warnings"]))
        #expect(restore["destination"].string == bench.path("r") && restore["data"].string == bench.path("r/Data/SampleDB.db"))
        #expect(restore["integrated"].items.isEmpty && restore["lastOperation"].int == 3)
        let integrate = try bench.json("integrate", bench.path("r/Data/SampleDB.db"), bench.journal)
        #expect(integrate["lastOperation"].int == 6)
        #expect(integrate["integrated"][0].keys.isSuperset(of: ["log", "operations", "recordOperations", "skipped"]))
        let rollback = try bench.json("rollback", bench.data, "--to-operation", "3")
        #expect(rollback.keys.isSuperset(of: ["kept", "cancelled", "lastOperation", "byTable", "method", "dryRun"]))
        #expect(rollback["kept"].int == 3 && rollback["cancelled"].int == 3 && rollback["byTable"]["item"].int == 3)
        #expect(try bench.names() == "abc")
        let item = try bench.json("restore", bench.archive(1), "--to", bench.path("s"), "--item", "Settings")
        #expect(item["data"].isNull && item["items"].strings == [bench.path("s/Settings/Backup.4DSettings")])
    }

    @Test("info and verify")
    func info() throws {
        let bench = try Workbench.logged()
        let info = try bench.json("info", bench.data)
        #expect(info.keys.isSuperset(of: ["data", "log", "backups", "tables"]))
        #expect(info["tables"][0].keys.isSuperset(of: ["name", "records", "fields", "indexes", "journaled"]))
        #expect(info["tables"][0]["records"].int == 6 && info["tables"][0]["journaled"].bool == true)
        #expect(info["tables"].items.count == 1, "our own tables are not the application's")
        #expect(info["log"]["state"].string == "ok")
        for path in [bench.data, bench.archive(1), bench.journal, bench.logBackup(0)] {
            let outcome = try bench.json("verify", path)
            #expect(outcome["result"].string == "ok" && outcome["problems"].items.isEmpty)
        }
        #expect(try bench.json("log", "check", bench.journal)["result"].string == "ok")
    }

    @Test("activity: the keys of an operation, filters, old and new values")
    func activity() throws {
        let bench = try Workbench.logged()
        try bench.sqlite("UPDATE item SET name='changed' WHERE id=4; DELETE FROM item WHERE id=5")
        let all = try bench.json("activity", bench.data, "--from", "1")
        #expect(all.items.compactMap { $0["operation"].int } == Array(1...8))
        for operation in all.items {
            #expect(operation.keys.isSuperset(of: [
                "operation", "action", "table", "primaryKey", "record", "timestamp", "size", "context", "old", "new",
            ]))
        }
        let modification = try bench.json("activity", bench.data, "--action", "modification", "--table", "item")[0]
        #expect(modification["primaryKey"].string == "4" && modification["record"].int == 4)
        #expect(modification["old"]["name"].string == "d" && modification["new"]["name"].string == "changed")
        #expect(try bench.json("activity", bench.data, "--from", "1", "--key", "5").items.map { $0["action"].string } == ["addition", "deletion"])
        #expect(try bench.json("activity", bench.data, "--from", "1", "--search", "changed").items.count == 1)
        #expect(try bench.json("activity", bench.data, "--from", "2", "--limit", "2").items.compactMap { $0["operation"].int } == [2, 3])
        #expect(try bench.json("activity", bench.data, "--until", "2001-01-01").items.isEmpty)
        let exported = try bench.msc("log", "export", bench.data, "--format", "jsonl")
        #expect(exported.output.split(separator: "\n").count == 8)
        try bench.msc("log", "export", bench.data, "--format", "csv", "--output", bench.path("all.csv"))
        let csv = String(decoding: bench.bytes(bench.path("all.csv")), as: UTF8.self)
        #expect(csv.hasPrefix("operation,action,table,primaryKey,record,timestamp,size,context,old,new"))
        #expect(csv.split(separator: "\r\n").count == 9)
        try bench.fails(1504, "log", "export", bench.data, "--format", "csv", "--output", bench.path("all.csv"))
    }
}

@Suite("Usage")
struct UsageTests {
    @Test("wrong usage is exit status 64", arguments: [
        ["backup"], ["backup", "a", "--bogus"], ["nonsense", "x", "y"], ["rollback", "a.db"],
        ["rollback", "a.db", "--to-operation", "1", "--to-time", "2020-01-01"], ["restore", "a", "--in-place", "--to", "b"],
        ["restore", "a", "--until-operation", "1", "--until-time", "2020-01-01"], ["activity", "a", "--action", "nothing"],
        ["activity", "a", "--limit", "0"], ["log"  , "export", "a", "--format", "xml"], ["backup", "a", "--progress", "dots"],
        ["rollback", "a", "--to-operation", "-1"],
    ])
    func wrong(arguments: [String]) throws {
        let bench = try Workbench()
        let ended = try bench.start(arguments).wait()
        #expect(ended.status == 64, "\(ended.errors)")
        #expect(!ended.errors.isEmpty)
    }

    @Test("--help and --version succeed", arguments: [["--help"], ["--version"], ["help", "backup"], ["log", "start", "--help"]])
    func help(arguments: [String]) throws {
        let bench = try Workbench()
        let ended = try bench.start(arguments).wait()
        #expect(ended.status == 0 && !ended.output.isEmpty)
    }

    @Test("--quiet prints nothing but errors; progress goes to standard error as JSON Lines")
    func quiet() throws {
        let bench = try Workbench.logged()
        let quiet = try bench.msc("backup", bench.data, "--quiet")
        #expect(quiet.status == 0 && quiet.output.isEmpty && quiet.errors.isEmpty)
        let failed = try bench.msc("backup", bench.data + "x", "--quiet")
        #expect(failed.status == 1 && failed.output.isEmpty && failed.errors.hasPrefix("msc: error 1513: "))
        let progress = try bench.msc("verify", bench.data, "--progress", "json")
        for line in progress.errors.split(separator: "\n") {
            #expect(try JSON(String(line)).keys.isSuperset(of: ["phase", "subject", "done", "total", "unit"]))
        }
    }

    @Test("names from a file cannot drive the terminal")
    func controlCharacters() throws {
        let bench = try Workbench()
        try bench.python("db.execute('CREATE TABLE \"a\\x1b[31mb\\nc\"(x)')")
        for arguments in [["info", bench.data], ["info", bench.path("\u{1b}[2Jno.db")]] {
            let ended = try bench.start(arguments).wait()
            #expect(!(ended.output + ended.errors).unicodeScalars.contains("\u{1b}"))
        }
    }
}
