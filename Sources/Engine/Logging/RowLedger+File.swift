// The file of the sums: `NAME.msc/comparison.json`.

import Database
import FileSystem
import Vocabulary

extension RowLedger {
    /// What the file holds beside the sums.
    struct Facts: Codable, Sendable, Equatable {
        var formatVersion = 1
        var chain = ""
        /// The last operation that the sums hold.
        var operation: UInt64 = 0
        /// Sum and number of rows by the identifier of the table's definition. Hexadecimal: JSON's numbers are not that wide everywhere.
        var sums: [String: [String]] = [:]
        /// The same of tables with several parts: where a comparison goes on, how many parts it has to read, the highest rowid or nothing,
        /// then each part: its first rowid, and its sum and rows when they are known. Nil in the file of an older version.
        var parts: [String: [[String]]]?
        /// See `RowSums`; nil in the file of an older version.
        var keptInGap: [UInt32]?
        /// Milliseconds since 1970 UTC; 0 when the rows were never held against the log.
        var compared: Int64 = 0
        /// Milliseconds that it took.
        var cost: Int64 = 0
        /// The position, and the status of the data's files, at that time.
        var position: Int64 = 0
        var files: [Int64] = []
        /// Tables that are too large, or cannot be read.
        var notCompared: [String] = []
        var findings: [Finding] = []
    }

    /// What the file holds; nil without one. One that cannot be read is as good as none: the rows are read anew.
    static func facts(of application: Application) -> Facts? {
        guard let found: Facts? = try? JSONFile.read(path(application)), var facts = found, facts.formatVersion == 1 else { return nil }
        // Times that no clock shows: the rows were never compared then.
        if !(0...(1 << 50)).contains(facts.compared) { facts.compared = 0 }
        facts.cost = min(max(facts.cost, 0), 1 << 40)
        return facts
    }
}

extension RowLedger.Facts {
    /// Writes the sums down.
    mutating func take(_ sums: RowSums) {
        self.sums = [:]
        var parts: [String: [[String]]] = [:]
        for (id, table) in sums.tables {
            if table.parts.count == 1, let sum = table.parts[0].sum {
                self.sums[String(id)] = Self.text(sum)
            } else {
                let place = [String(table.next), String(table.waiting)] + (table.highest.map { [String($0)] } ?? [])
                parts[String(id)] = [place] + table.parts.map { [String($0.first)] + ($0.sum.map(Self.text) ?? []) }
            }
        }
        self.parts = parts
        keptInGap = sums.keptInGap.sorted()
    }

    /// What was written down. A table whose sums cannot be read is read anew.
    func rowSums(portion: Int64) -> RowSums {
        var sums = RowSums()
        sums.portion = portion
        sums.keptInGap = Set(keptInGap ?? [])
        for (id, text) in self.sums {
            if let id = UInt32(id), let sum = Self.sum(text[...]) { sums[id] = sum }
        }
        for (id, lines) in parts ?? [:] {
            guard let id = UInt32(id), let place = lines.first, place.count >= 2, let next = Int64(place[0]), let waiting = Int(place[1])
            else { continue }
            let parts = lines.dropFirst().compactMap { line in
                line.first.flatMap { Int64($0) }.map { TableSum.Part(first: $0, sum: Self.sum(line.dropFirst())) }
            }
            guard parts.count == lines.count - 1 else { continue }
            sums[parts: id] = TableSum(parts: parts, highest: place.count > 2 ? Int64(place[2]) : nil, next: next, waiting: waiting)
        }
        return sums
    }

    private static func text(_ sum: RowSum) -> [String] { [String(sum.value, radix: 16), String(sum.rows)] }

    /// More rows than a database has room for.
    private static let mostRows: Int64 = 1 << 48

    private static func sum(_ text: ArraySlice<String>) -> RowSum? {
        guard text.count == 2, let value = UInt64(text[text.startIndex], radix: 16), let rows = Int64(text[text.startIndex + 1]),
            (0...mostRows).contains(rows)
        else { return nil }
        return RowSum(value: value, rows: rows)
    }
}
