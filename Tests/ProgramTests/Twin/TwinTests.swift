// Random applications beside twins without us, through the real program. A million statements of it: scripts/twin.py, scripts/prove.sh.

import Testing

@Suite("Twins")
struct TwinTests {
    @Test("I1, I8: the twin has the same data, and every mark is reached from the archive and on the live data", .timeLimit(.minutes(30)),
        arguments: [["--drains", "some", "--seed", "12"], ["--drains", "all", "--seed", "44"]])
    func twins(options: [String]) throws {
        let bench = try Workbench()
        let script = #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined() + "/scripts/twin.py"
        let ended = try RunningProgram(
            "python3", [script, Workbench.msc, "--statements", "1000", "--workers", "2"] + options,
            in: bench.folder, name: ".runs/twin"
        ).wait()
        #expect(ended.status == 0, "\(ended.output) \(ended.errors)")
        #expect(ended.output.contains("no failure") && ended.output.contains("\"told\": "), "\(ended.output)")
    }
}
