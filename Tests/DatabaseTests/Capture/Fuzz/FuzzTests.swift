import Database
import Glibc
import Testing

@Suite("Capture under random applications")
struct FuzzTests {
    private func number(_ name: String, _ otherwise: Int) -> Int { getenv(name).flatMap { Int(String(cString: $0)) } ?? otherwise }

    /// MSC_FUZZ_SEEDS runs more seeds, MSC_FUZZ_SECONDS as many as that takes, MSC_FUZZ_START begins elsewhere.
    private func seeds(_ otherwise: Int) -> Range<Int> {
        let start = number("MSC_FUZZ_START", 0)
        return start..<start + number("MSC_FUZZ_SEEDS", getenv("MSC_FUZZ_SECONDS") == nil ? otherwise : 1 << 40)
    }

    /// Calls `body` for each seed until it is false or the time is over; now and then, and at the end, `tell`.
    private func forEachSeed(_ otherwise: Int, tell: (Range<Int>) -> Void, _ body: (Int) throws -> Bool) rethrows {
        let all = seeds(otherwise)
        let seconds = number("MSC_FUZZ_SECONDS", .max)
        let clock = ContinuousClock()
        let begin = clock.now
        var told = begin
        var next = all.lowerBound
        while next < all.upperBound, (clock.now - begin).components.seconds < seconds {
            next += 1
            guard try body(next - 1) else { break }
            if clock.now - told > .seconds(60) {
                told = clock.now
                tell(all.lowerBound..<next)
            }
        }
        tell(all.lowerBound..<next)
    }

    /// What a run of minutes has done so far is told each minute. MSC_FUZZ_TEMP adds temporary triggers, MSC_FUZZ_UNDEFINED triggers
    /// whose outcome SQLite leaves undefined.
    @Test("redo and undo reproduce the content of every commit, and the application notices nothing")
    func differential() throws {
        var figures = FuzzRun.Figures()
        var skipped = 0
        var failures = 0
        var options = FuzzRun.Options()
        options.temporaryTriggers = number("MSC_FUZZ_TEMP", 0) != 0
        options.undefined = number("MSC_FUZZ_UNDEFINED", 0) != 0
        try forEachSeed(60) { seeds in
            told(
                "fuzz: seeds \(seeds), skipped \(skipped), failed \(failures), statements \(figures.statements), "
                    + "errors \(figures.errors), operations \(figures.operations), differences \(figures.differences.sorted { $0.key < $1.key })")
        } _: { seed in
            let run = try FuzzRun(seed: UInt64(seed), options: options)
            do {
                _ = try run.run()
            } catch is FuzzRun.Skipped {
                skipped += 1
            } catch let fault as FuzzRun.Fault {
                failures += 1
                Issue.record("seed \(seed): \(run.minimised(fault))")
            } catch {
                failures += 1
                Issue.record("seed \(seed): \(error)\n\(run.report)")
            }
            figures += run.figures
            return failures < 5
        }
    }

    /// At once, also into a file or a pipe.
    private func told(_ line: String) {
        print(line)
        fflush(nil)
    }

    @Test("migrations succeed or fail as they do without capture; redo and undo between them are exact, and so is redo across them")
    func migrations() throws {
        var statements = 0
        var migrations = 0
        var reloads = 0
        var dropsAfterRename = 0
        var skipped = 0
        var failures = 0
        try forEachSeed(40) { seeds in
            told("migration fuzz: seeds \(seeds), skipped \(skipped), failed \(failures), statements \(statements), migrations \(migrations), reloads \(reloads), drops after a rename \(dropsAfterRename)")
        } _: { seed in
            let run = try MigrationRun(seed: UInt64(seed))
            do {
                try run.run()
            } catch is FuzzRun.Skipped {
                skipped += 1
            } catch let fault as MigrationRun.Fault {
                failures += 1
                Issue.record("seed \(seed): \(run.minimised(fault))")
            } catch {
                failures += 1
                Issue.record("seed \(seed): \(error)\n\(run.script.joined(separator: "\n"))")
            }
            statements += run.statementCount
            migrations += run.migrations
            reloads += run.reloads
            dropsAfterRename += run.dropsAfterRename
            return failures < 5
        }
    }
}
