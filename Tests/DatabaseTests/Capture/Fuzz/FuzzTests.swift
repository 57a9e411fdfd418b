import Database
import Glibc
import Testing

@Suite("Capture under random applications")
struct FuzzTests {
    private func number(_ name: String, _ otherwise: Int) -> Int { getenv(name).flatMap { Int(String(cString: $0)) } ?? otherwise }

    /// MSC_FUZZ_SEEDS runs more seeds, MSC_FUZZ_START begins elsewhere; MSC_FUZZ_TEMP adds temporary
    /// triggers, MSC_FUZZ_UNDEFINED triggers whose outcome SQLite leaves undefined.
    @Test("redo and undo reproduce the content of every commit, and the application notices nothing")
    func differential() throws {
        let start = number("MSC_FUZZ_START", 0)
        let count = number("MSC_FUZZ_SEEDS", 60)
        var figures = FuzzRun.Figures()
        var skipped = 0
        var failures = 0
        var options = FuzzRun.Options()
        options.temporaryTriggers = number("MSC_FUZZ_TEMP", 0) != 0
        options.undefined = number("MSC_FUZZ_UNDEFINED", 0) != 0
        for seed in start..<start + count where failures < 5 {
            let run = try FuzzRun(seed: UInt64(seed), options: options)
            do {
                figures += try run.run()
            } catch is FuzzRun.Skipped {
                skipped += 1
            } catch {
                failures += 1
                Issue.record("seed \(seed): \((error as? FuzzRun.Fault)?.text ?? "\(error)")\n\(run.report)")
            }
        }
        print(
            "fuzz: seeds \(start)..<\(start + count), skipped \(skipped), failed \(failures), statements \(figures.statements), "
                + "errors \(figures.errors), operations \(figures.operations), differences \(figures.differences.sorted { $0.key < $1.key })")
    }

    @Test("migrations succeed or fail as they do without capture, and between them redo and undo are exact")
    func migrations() throws {
        let start = number("MSC_FUZZ_START", 0)
        let count = number("MSC_FUZZ_SEEDS", 40)
        var migrations = 0
        var reloads = 0
        var failures = 0
        for seed in start..<start + count where failures < 5 {
            let run = try MigrationRun(seed: UInt64(seed))
            do {
                try run.run()
            } catch {
                failures += 1
                Issue.record("seed \(seed): \((error as? MigrationRun.Fault)?.text ?? "\(error)")\n\(run.script.joined(separator: "\n"))")
            }
            migrations += run.migrations
            reloads += run.reloads
        }
        print("migration fuzz: seeds \(start)..<\(start + count), failed \(failures), migrations \(migrations), reloads \(reloads)")
    }
}
