// `msc check` as monitoring uses it, and the metrics file.

import FileSystem
import Foundation
import Glibc
import Testing

@Suite("msc check")
struct CheckTests {
    @Test("0 and one line with figures when all is well; 1, 2 and 3 with what is wrong in front")
    func states() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", bench.data)
        var ended = try bench.msc("check", bench.data)
        #expect(ended.status == 1 && ended.output.contains("data, log and backups are on one disk"), "\(ended.output)")
        // The bench has one disk.
        try bench.json("settings", bench.data, "Advanced/WarnIfOneDisk", "False")
        ended = try bench.msc("check", bench.data)
        #expect(ended.status == 0, "\(ended.output)")
        let form = /MSC OK: SampleDB\.db: [^|\n]+ \| pending=0;10000;1000000;0 backup_age=[0-9]+s;93600;180000;0 space=[0-9]+B;[0-9]+;[0-9]+;0\n/
        #expect(ended.output.wholeMatch(of: form) != nil, "\(ended.output)")

        ended = try bench.msc("check", bench.data, "--backup-age-warning", "0s")
        #expect(ended.status == 1 && ended.output.hasPrefix("MSC WARNING: SampleDB.db: last good backup 0 min ago; "), "\(ended.output)")
        ended = try bench.msc("check", bench.data, "--backup-age-critical", "0s")
        #expect(ended.status == 2)

        rename(bench.journal, bench.path("away"))
        let document = try bench.json("check", bench.data, status: 2)
        #expect(document["state"].string == "critical")
        #expect(document["checks"].items.first?["name"].string == "log")
        #expect(document["checks"].items.first?["message"].string?.contains("1274") == true)
        rename(bench.path("away"), bench.journal)

        rename(bench.archive(1), bench.path("away"))
        ended = try bench.msc("check", bench.data)
        #expect(ended.status == 2 && ended.output.contains("is not at its place"), "\(ended.output)")
        rename(bench.path("away"), bench.archive(1))

        try bench.set("Advanced", "<SetNumber><Value>many</Value></SetNumber>")
        ended = try bench.msc("check", bench.data)
        #expect(ended.status == 3 && ended.output.hasPrefix("MSC UNKNOWN: "), "\(ended.output)")
        #expect(ended.output.components(separatedBy: "1512").count == 2, "one cause is told once: \(ended.output)")
        #expect(try bench.msc("check", bench.path("nothing.db")).status == 3)
        try bench.set("Advanced", "")
        let whole = bench.bytes(bench.data)
        try bench.write(whole.map { ~$0 }, to: bench.data)
        ended = try bench.msc("check", bench.data)
        #expect(ended.status == 2 && ended.output.hasPrefix("MSC CRITICAL: SampleDB.db: error 1500: "), "\(ended.output)")
        try bench.write(whole, to: bench.data)
        #expect(try bench.msc("check", bench.data, "--backup-age-warning", "soon").status == 64)
    }

    @Test("whoever asks for proofs learns that there is none, that it is old, or that it is new enough")
    func proofs() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", bench.data)
        // The bench has one disk.
        try bench.json("settings", bench.data, "Advanced/WarnIfOneDisk", "False")
        let none = try bench.msc("check", bench.data, "--proof-age-warning", "1d")
        #expect(none.status == 2 && none.output.contains("no archive was proved to restore"), "\(none.output)")
        try bench.json("verify", "--restore", bench.archive(1))
        #expect(try bench.msc("check", bench.data, "--proof-age-warning", "1d").status == 0)
        #expect(try bench.msc("check", bench.data, "--proof-age-warning", "0s").status == 1)
        #expect(try bench.msc("check", bench.data, "--proof-age-critical", "0s").status == 2)
    }

    @Test("a failed backup is critical, a scheduled one that nobody runs too")
    func backups() throws {
        let bench = try Workbench.watched()
        #expect(try bench.msc("check", bench.data).output.hasPrefix("MSC CRITICAL: SampleDB.db: there is no backup; "))
        try bench.fails(1407, "backup", bench.data, "--destination", bench.path("nowhere"))
        try bench.json("backup", bench.data)
        try bench.set("Scheduler", "<Frequency>Daily</Frequency>")
        // The bench has one disk.
        try bench.json("settings", bench.data, "Advanced/WarnIfOneDisk", "False")
        let ended = try bench.msc("check", bench.data)
        #expect(ended.status == 2 && ended.output.contains("no msc watch runs"), "\(ended.output)")
        let service = try bench.watch()
        #expect(try bench.msc("check", bench.data).status == 0)
        service.signal(SIGTERM)
        _ = service.wait()
    }

    @Test("metrics: replaced as a whole, readable for the collector, every line of the format")
    func metrics() throws {
        let bench = try Workbench.logged()
        try bench.json("log", "drain", bench.data)
        // The bench has one disk.
        try bench.json("settings", bench.data, "Advanced/WarnIfOneDisk", "False")
        try bench.msc("check", bench.data, "--metrics", "m.prom")
        let text = String(decoding: bench.bytes(bench.path("m.prom")), as: UTF8.self)
        #expect((Folder.status(of: bench.path("m.prom"))?.st_mode ?? 0) & 0o777 == 0o644)
        let line = /#\ (HELP|TYPE)\ msc_[a-z_]+\ .+|msc_[a-z_]+\{data="[^"]+"(,[a-z]+="[^"]+")?\}\ -?[0-9.]+/
        for each in text.split(separator: "\n") { #expect(each.wholeMatch(of: line) != nil, "\(each)") }
        #expect(text.contains("msc_health{data=\"\(bench.data)\"} 0\n"))
        #expect(text.contains("msc_log_pending_changes{data=\"\(bench.data)\"} 0\n"))
        #expect(text.contains("state=\"ok\"} 1\n") && text.contains("msc_backup_last_ok{"))
        unlink(bench.path("m.prom"))
        let service = try bench.watch(["--metrics", bench.path("m.prom")])
        try bench.waitFor(bench.path("m.prom"))
        service.signal(SIGTERM)
        _ = service.wait()
        #expect(bench.leftovers == [])
    }
}
