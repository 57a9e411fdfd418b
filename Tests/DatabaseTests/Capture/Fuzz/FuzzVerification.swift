@testable import Database
import Glibc
import Vocabulary

/// What a run holds the derived operations against.
extension FuzzRun {
    struct Skipped: Error {}

    func verify(start: Int64, last: Int64) throws {
        if collected.entries.contains(where: { $0.action == .gap }) { throw Fault("a gap") }
        try verifyPoints()
        try verifyCounters()
        if collected.entries.contains(where: { $0.action == .reload }) { return try verifyAfterReload() }
        let picks = [snapshots[0], snapshots[snapshots.count - 1]] + statements.random.sample(snapshots, options.picks)
        for undo in [false, true] {
            let copy = try Connection(scratch.path(undo ? "last.db" : "first.db"), .write)
            try copy.execute("PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON; PRAGMA synchronous=OFF")
            try copy.configure(1003, false)
            for (position, wanted) in picks {
                let range = collected.entries.filter { undo ? $0.position > position : $0.position <= position }
                try copy.execute("BEGIN")
                do {
                    try NetEffect.apply(range, collected.tables, undo: undo, to: copy)
                } catch {
                    throw Fault("\(undo ? "undo" : "redo") fails", " to \(position) of \(last): \(error)")
                }
                let got = try content(copy)
                try copy.execute("ROLLBACK")
                guard got == wanted else {
                    throw Fault("\(undo ? "undo" : "redo") is wrong", " to \(position) of \(last)\n\(got.difference(from: wanted))")
                }
            }
        }
    }

    /// Each point that a restore may end at must be one at which a transaction ended.
    private func verifyPoints() throws {
        for (index, entry) in collected.entries.enumerated() where entry.isConsistent {
            let next = index + 1 < collected.entries.count ? collected.entries[index + 1].position : .max
            guard entry.position < next, commits.contains(where: { $0 >= entry.position && $0 < next }) else {
                throw Fault("a false point", " at \(entry.position), the next operation is at \(next); commits at \(commits.sorted())")
            }
        }
    }

    /// Rows that were logged anew cannot be undone, and stand at the end of their drain: what is promised is that the log can be
    /// integrated, and that the end is right.
    private func verifyAfterReload() throws {
        let copy = try Connection(scratch.path("first.db"), .write)
        do {
            let applier = try Applier(copy, .redo, expectation: .exact)
            for table in collected.tables.values { applier.define(table) }
            try copy.transaction("IMMEDIATE") {
                for entry in collected.entries {
                    try Recorded(entry.action, table: entry.table, key: entry.key, old: entry.old, new: entry.new).apply(applier)
                    if entry.isConsistent { try applier.finish() }
                }
                try applier.finish()
            }
            try applier.close()
        } catch let failure as Failure {
            throw Fault("redo over a reload fails", ": \(failure)")
        }
        let (got, wanted) = (try content(copy), snapshots[snapshots.count - 1].content)
        guard got == wanted else { throw Fault("redo over a reload is wrong", "\n\(got.difference(from: wanted))") }
    }

    /// At each point that a restore may end at, the counters are as a commit there left them: a replay moves a counter to the keys of the
    /// rows that it puts in, or takes out and in again, and the log says where that is not right.
    func verifyCounters() throws {
        let counted = Set(statements.tables.filter { $0.kind == .autoincrement }.map(\.name))
        func only(_ counters: [String: Int64]) -> [String: Int64] { counters.filter { counted.contains($0.key) } }
        var replayed = counters.first?.counters ?? [:]
        for (index, entry) in collected.entries.enumerated() {
            let name = collected.tables[entry.table]?.name ?? ""
            switch (entry.action, entry.key.first, entry.new.first) {
            case (.addition, .integer(let key)?, _), (.modification, .integer(let key)?, _): replayed[name] = max(replayed[name] ?? 0, key)
            case (.saveSequence, _, .integer(let counter)?): replayed[name] = counter
            case (.saveSequence, _, _): replayed[name] = nil
            default: break
            }
            guard entry.isConsistent else { continue }
            let next = index + 1 < collected.entries.count ? collected.entries[index + 1].position : .max
            let possible = counters.filter { $0.position >= entry.position && $0.position < next }.map { only($0.counters) }
            guard possible.contains(only(replayed)) else {
                throw Fault("a counter is wrong", " at \(entry.position), before \(next): \(only(replayed)), not one of \(possible)")
            }
        }
    }

    func copy(_ name: String) throws {
        if try app.string("PRAGMA journal_mode") == "wal" { _ = try app.integer("PRAGMA wal_checkpoint(TRUNCATE)") }
        guard let from = fopen(scratch.path("app.db"), "r"), let to = fopen(scratch.path(name), "w") else { throw Fault("no copy") }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, from)
            if count == 0 { break }
            fwrite(buffer, 1, count, to)
        }
        fclose(from)
        fclose(to)
    }
}
