// The integrity key and the anchor as people use them: made, named, refused, and never shown.

import FileSystem
import Glibc
import Testing

@Suite("Integrity keys and anchors on the command line")
struct IntegrityTests {
    private let bench: Workbench
    private var key: String { bench.path("outside/key") }
    private var anchor: String { bench.path("outside/anchor") }

    init() throws {
        bench = try Workbench.logged()
        try Folder.create(bench.path("outside"))
    }

    @Test("a key is made once, with mode 0600, and its file gets newer ones; nothing prints it")
    func making() throws {
        let made = try bench.json("log", "key", key)
        #expect(made["file"].string == key && made["key"].string?.utf8.count == 16)
        #expect(Folder.status(of: key).map { $0.st_mode & 0o777 } == 0o600)
        try bench.fails(1504, "log", "key", key)
        try bench.json("log", "key", key, "--rotate")
        let lines = String(decoding: bench.bytes(key), as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == 2 && Set(lines).count == 2)
        let commands = [["log", "status", bench.data], ["log", "anchor", bench.data], ["backup", bench.data], ["check", bench.data], ["log", "key", key]]
        for arguments in commands {
            let ended = try bench.start(arguments + ["--integrity-key", key]).wait()
            for line in lines { #expect(!ended.output.contains(line) && !ended.errors.contains(line), "\(arguments)") }
        }
        chmod(key, 0o644)
        try bench.fails(1511, "log", "status", bench.data, "--integrity-key", key)
    }

    @Test("with the key, what others wrote is refused; without it, that it was not verified is said")
    func refusing() throws {
        try bench.json("log", "key", key)
        // A log from before the key is taken only when somebody says so.
        try bench.fails(1529, "log", "drain", bench.data, "--integrity-key", key)
        #expect(try bench.json("log", "check", bench.journal, "--integrity-key", key, status: 1)["problems"].items.count == 1)
        #expect(try bench.json("log", "anchor", bench.data, "--integrity-key", key)["key"].string != nil)
        try bench.json("log", "drain", bench.data, "--integrity-key", key)
        #expect(try bench.json("log", "status", bench.data, "--integrity-key", key)["integrity"].string == "verified")
        #expect(try bench.json("log", "status", bench.data)["integrity"].string == "unverified")
        #expect(try bench.json("verify", bench.journal)["notChecked"].strings.contains { $0.contains("integrity marks") })
        try bench.json("backup", bench.data, "--integrity-key", key)
        #expect(try bench.json("verify", bench.archive(2), "--integrity-key", key)["result"].string == "ok")
        try bench.fails(1529, "restore", bench.archive(1), "--to", bench.path("r"), "--integrity-key", key)
        #expect(!bench.exists(bench.path("r")))
        try bench.json("restore", bench.archive(1), "--to", bench.path("r"), "--integrity-key", "none")
        let warned = try bench.json("restore", bench.archive(2), "--to", bench.path("s"))
        #expect(warned["warnings"].strings.count { $0.contains("was not verified") } == 1)
    }

    @Test("check tells the digest, and hears of a log that went back")
    func anchored() throws {
        let anchored = try bench.json("log", "anchor", bench.data, "--anchor", anchor)
        let digest = try #require(anchored["digest"].string)
        #expect(anchored["anchor"].string == anchor && anchored["key"].isNull)
        #expect(try bench.json("log", "status", bench.data)["digest"].string == digest)
        #expect(try bench.start(["check", bench.data]).wait().output.contains("log digest \(digest)"))
        func state() throws -> String? {
            let ended = try bench.start(["check", bench.data, "--json", "--anchor", anchor]).wait()
            return try JSON(ended.output)["checks"].items.first { $0["name"].string == "anchor" }?["state"].string
        }
        #expect(try state() == "ok")
        let early = bench.bytes(bench.journal)
        try bench.add("h")
        try bench.json("log", "drain", bench.data)
        #expect(try state() == "ok")
        try bench.json("log", "anchor", bench.data, "--anchor", anchor)
        try bench.write(early, to: bench.journal)
        #expect(try state() == "critical")
        try bench.fails(1519, "log", "anchor", bench.data)
    }
}
