// Foreign programs beside drains and backups, measured with and without us. Minutes of it: scripts/load.py.

import FileSystem
import Testing

@Suite("Under load")
struct LoadTests {
    @Test("a writer without patience is not refused because of us; the capture table and the write-ahead log stay small", .timeLimit(.minutes(30)))
    func load() throws {
        let bench = try Workbench()
        let script = #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined() + "/scripts/load.py"
        let ended = try RunningProgram(
            "python3", [script, Workbench.msc, "9", "--folder", bench.folder, "--json"], in: bench.folder, name: ".runs/load"
        ).wait()
        try #require(ended.status == 0, "\(ended.output) \(ended.errors)")
        let report = try JSON(ended.output)
        for name in ["impatient drained", "impatient watched", "patient drained", "patient watched"] {
            let phase = report[name]
            #expect(phase["equal"].bool == true, "\(name): \(ended.output)")
            #expect(phase["drains"].int != 0 && phase["watch ended"].int ?? 0 == 0, "\(name): \(ended.output)")
            #expect((phase["backups"].int ?? 0) > 0, "\(name): \(ended.output)")
            // The newest row stays, and what the last moments brought.
            #expect((phase["outbox left"].int ?? .max) <= 200, "\(name): \(ended.output)")
            #expect((phase["wal"].int ?? .max) < 64 << 20, "\(name): \(ended.output)")
            for kind in ["reader", "writer"] where !phase["transactions"][kind].items.isEmpty {
                #expect(phase["transactions"][kind][1].int == 0, "\(name) \(kind): \(ended.output)")
            }
        }
        let alone = report["impatient alone"]["transactions"]["impatient"]
        #expect(alone[1].int == 0)
        for name in ["impatient drained", "impatient watched"] {
            let counts = report[name]["transactions"]["impatient"]
            // The log's start and a changed schema are written while nobody else does; letting captured rows go waits for a quiet moment.
            #expect((counts[0].int ?? 0) > 20 && (counts[1].int ?? .max) <= 1, "\(name): \(ended.output)")
        }
    }
}
