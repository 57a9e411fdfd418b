// `msc verify --restore` as scripts see it, and killed.

import Glibc
import Testing

@Suite("msc verify --restore")
struct ProofProgramTests {
    @Test("exit status 0 proven, 1 failed, 3 inconclusive; the list of backups knows")
    func statuses() throws {
        let bench = try Workbench.logged()
        let proven = try bench.json("verify", "--restore", bench.archive(1))
        #expect(proven.keys.isSuperset(of: [
            "result", "archive", "data", "operation", "seconds", "bytes", "reason", "tables", "notCompared", "warnings",
        ]))
        #expect(proven["result"].string == "proven" && proven["operation"].int == 6 && proven["reason"].isNull)
        try bench.json("backup", bench.data)
        #expect(try bench.json("backups", bench.data)[0]["proof"].isNull)
        #expect(try bench.json("backups", bench.data)[1]["proof"]["result"].string == "proven")
        #expect(try bench.msc("backups", bench.data).output.contains("proven restorable"))
        #expect(try bench.json("verify", "--restore", bench.archive(1), "--of", bench.path("none.db"), status: 3)["result"].string == "inconclusive")
        try bench.flip(bench.archive(1), at: bench.bytes(bench.archive(1)).count / 2)
        #expect(try bench.json("verify", "--restore", bench.archive(1), status: 1)["result"].string == "failed")
        try bench.fails(1410, "verify", "--restore", bench.path("none.4BK"))
        #expect(try bench.msc("verify", bench.data, "--of", bench.data).status == 64)
        #expect(bench.leftovers == [])
    }

    @Test("while a foreign program commits, the proof holds; killed, it leaves what the next one removes")
    func live() throws {
        let bench = try Workbench.logged()
        let writer = try Writer(bench)
        for _ in 0..<3 { #expect(try bench.json("verify", "--restore", bench.archive(1))["result"].string == "proven") }
        for _ in 0..<KillTests.rounds {
            let program = try bench.start(["verify", "--restore", bench.archive(1)])
            usleep(UInt32.random(in: 2_000...80_000))
            if program.isRunning { program.signal(SIGKILL) }
            _ = program.wait()
        }
        #expect(try writer.stop() > 0)
        #expect(try bench.json("verify", "--restore", bench.archive(1))["result"].string == "proven")
        #expect(bench.listing(bench.backups).filter { $0.contains(".msc-partial-") } == [])
        #expect(try bench.isSound())
    }
}
