// `msc settings` and `msc resume`, and what the hooks and the schedule of a real program do.

import Glibc
import Testing

@Suite("msc settings")
struct SettingsTests {
    private let bench: Workbench

    init() throws {
        bench = try Workbench()
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT)")
    }

    @Test("reads all, reads one, writes one, writes a list, and goes back to the default")
    func settings() throws {
        let all = try bench.json("settings", bench.data)
        #expect(all.items.count > 40)
        for setting in all.items { #expect(setting.keys.isSuperset(of: ["key", "value", "default", "accepted", "meaning"])) }
        #expect(!bench.exists(bench.companion + "/Settings/Backup.4DSettings"), "reading changes nothing")
        #expect(try bench.json("settings", bench.data, "frequency", "weekly")["value"].string == "Weekly")
        let text = try bench.msc("settings", bench.data)
        #expect(text.output.contains("* Scheduler/Frequency  Weekly\n") && text.output.contains("  Scheduler/Daily/Every  1\n"))
        let list = try bench.json("settings", bench.data, "IncludesFiles", "./a b", "/c")
        #expect(list["key"].string == "General/IncludesFiles" && list["value"].strings == ["./a b", "/c"] && list["default"].strings == [])
        #expect(try bench.json("settings", bench.data, "IncludesFiles", "--unset")["value"].items.isEmpty)
        #expect(try bench.msc("settings", bench.data, "DestinationFolder", "").status == 0)
        try bench.fails(1512, "settings", bench.data, "SetNumber/Value", "none")
        try bench.fails(1519, "settings", bench.data, "Nothing")
        try bench.fails(1519, "settings", bench.data, "AutomaticRestart", "True")
        #expect(try bench.msc("settings", bench.data, "--unset").status == 64)
        #expect(try bench.json("settings", bench.data, "Frequency")["value"].string == "Weekly")
    }

    @Test("info tells when the next automatic backup is, resume what it resumes")
    func automation() throws {
        try bench.msc("settings", bench.data, "Frequency", "Hourly")
        let keys: Set<String> = ["schedule", "next", "suspendedSince", "failures", "lastError", "watched"]
        let information = try bench.json("info", bench.data)["automation"]
        #expect(information.keys.isSuperset(of: keys) && information["schedule"].string == "every 12 hours from 00:00")
        #expect(information["next"].string?.hasSuffix("Z") == true && information["suspendedSince"].isNull)
        let resumed = try bench.json("resume", bench.data)
        #expect(resumed.keys.isSuperset(of: keys) && resumed["failures"].int == 0)
        #expect(try bench.msc("info", bench.data).output.contains("every 12 hours from 00:00; next "))
    }

    @Test("backups tell which sets the next one deletes, and a hook refuses with 1522")
    func backups() throws {
        try bench.msc("settings", bench.data, "SetNumber/Value", "2")
        for _ in 1...2 { try bench.json("backup", bench.data) }
        let sets = try bench.json("backups", bench.data)
        #expect(sets.items.map { $0["deletedByNextBackup"].bool } == [false, true] && sets[0]["due"].isNull)
        mkdir(bench.companion + "/Hooks", 0o700)
        let hook = bench.companion + "/Hooks/on-backup-startup"
        try bench.write(Array("#!/bin/sh\necho not now\nexit 1\n".utf8), to: hook)
        chmod(hook, 0o700)
        try bench.fails(1522, "backup", bench.data)
        #expect(bench.exists(bench.archive(1)), "what the refused backup would have deleted stays")
        chmod(hook, 0o777)
        try bench.fails(1523, "backup", bench.data)
    }
}
