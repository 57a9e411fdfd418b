// Whether the data that a backup saves are what one wants to go back to. Retention goes by it: good sets do not make way for bad ones (I4).

import Database
import LogFile
import Vocabulary

/// What a backup found wrong with the data. The set is made all the same: who knows what is in them.
struct DataJudgement {
    var condition: HistoryEntry.Condition?
    /// Bytes of the pages of the program's tables and indexes; nil when that is not known.
    var tableBytes: UInt64?
    /// What an archive's manifest says of it.
    var properties: [String: String] {
        var properties: [String: String] = [:]
        properties["condition"] = condition?.rawValue
        properties["tableBytes"] = tableBytes.map(String.init)
        return properties
    }

    /// What the administrator is told; nil for good data.
    var failure: Failure?

    /// Tables with less than a tenth of what the last good set held count as emptied, from this size on.
    private static let smallest: UInt64 = 64 << 10

    /// Nothing was saved, so nothing is wrong with it.
    init() {}

    /// - Parameters:
    ///   - pages: the snapshot, not finished yet; `check` has seen all of it.
    ///   - state: of capture in the data; nil without.
    ///   - sets: of this application, newest first.
    init(
        _ pages: PageReader, _ check: PageCheck, _ state: CaptureState?, _ record: ApplicationRecord, before sets: [HistoryEntry]
    ) throws {
        let found = try pages.findings(of: check)
        tableBytes = found.pagesOfTables.map { $0 * UInt64(pages.pageSize) }
        if let problem = found.problem {
            judge(
                .damaged, "the data are damaged: \(problem)",
                "Run 'msc verify' on the data file. 'msc backups' lists the sets; the newest good one, and all that follow it, are kept.")
            return
        }
        if record.journal != nil, state.map({ $0.application != Identity(record.application)?.bytes }) ?? true {
            judge(
                .foreign,
                "the data do not belong to the log of '\(record.dataFile)': another database stands in their place, or the tables of msc were removed",
                "If that is a mistake, restore the newest good set, which is kept. If these are the data to go on with, run 'msc log start'.")
            return
        }
        let good = sets.first { $0.condition == nil && $0.tableBytes != nil && $0.proof?.result != .failed }
        if let now = tableBytes, let before = good?.tableBytes, before >= DataJudgement.smallest, now < before / 10 {
            judge(
                .emptied, "the tables hold \(Amount.bytes(now)), and held \(Amount.bytes(before)) in backup \(good?.number ?? 0)",
                "If that is right, nothing is to be done: backup \(good?.number ?? 0) is kept as long as it is at its place. Otherwise restore it.")
        }
    }

    private mutating func judge(_ condition: HistoryEntry.Condition, _ what: String, _ hint: String) {
        self.condition = condition
        failure = Failure(.dataSuspect, what, hint: hint)
    }}
