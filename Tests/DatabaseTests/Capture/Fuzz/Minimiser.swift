/// Makes a failing script small: leaves out halves, quarters and so on down to single events, as long as it still fails.
enum Minimiser {
    /// - Parameter fails: whether a script fails in the way that is looked for.
    /// - Returns: a script of which no single event can be left out, or what was reached with 600 attempts.
    static func reduce<Event>(_ events: [Event], fails: ([Event]) -> Bool) -> [Event] {
        var smallest = events
        var attempts = 0
        var length = max(1, events.count / 2)
        while attempts < 600 {
            var start = 0
            var isSmaller = false
            while start < smallest.count, attempts < 600 {
                var candidate = smallest
                candidate.removeSubrange(start..<min(start + length, candidate.count))
                attempts += 1
                if fails(candidate) {
                    smallest = candidate
                    isSmaller = true
                } else {
                    start += length
                }
            }
            // At the end of single events another round can leave out what a later one needed.
            if length > 1 { length /= 2 } else if !isSmaller { break }
        }
        return smallest
    }
}

extension FuzzRun {
    /// The smallest script found that fails as this run did.
    func minimised(_ fault: Fault) -> String {
        let setting = setting
        func run(_ events: [Event]) -> (FuzzRun, Fault)? {
            guard FuzzRun.isWhole(events), let run = try? FuzzRun(repeating: events, setting: setting) else { return nil }
            do { _ = try run.run() } catch let found as Fault where found.kind == fault.kind { return (run, found) } catch {}
            return nil
        }
        guard run(events) != nil else { return "The same statements do not fail again. What was done:\n\(report)" }
        let smallest = Minimiser.reduce(events) { run($0) != nil }
        guard let (small, found) = run(smallest) else { return report }
        return "\(found.text)\n-- \(smallest.count) of \(events.count) events fail in the same way:\n\(small.report)"
    }

    /// Whether every table that is named is there: a statement on a missing one fails for another reason.
    private static func isWhole(_ events: [Event]) -> Bool {
        var known: Set<String> = []
        var named: Set<String> = []
        for event in events {
            switch event {
            case .table(let table):
                known.insert(FuzzTable.quoted(table.name))
                named.formUnion(names(in: table.sql))
            case .prepare(let sql), .step(let sql), .late(let sql): named.formUnion(names(in: sql))
            case .install, .drain, .again: break
            }
        }
        return named.subtracting(known).isEmpty
    }

    private static let tableNames = (0..<3).flatMap { ["t\($0)", "t \($0)", "T\"\($0)"] }.map(FuzzTable.quoted)

    private static func names(in sql: String) -> [String] { tableNames.filter { sql.contains($0) } }
}
