// What operations end with. Their JSON form is interface (docs/cli.md): keys are added, never removed or renamed.

import Vocabulary

/// A place in the log: the last operation to keep.
public enum Point: Sendable, Equatable {
    case operation(UInt64)
    /// Milliseconds since 1970 UTC: the last consistent point at or before it.
    case time(Int64)
}

public struct BackupOutcome: Codable, Sendable, Equatable {
    public enum Status: String, Codable, Sendable { case complete, partial }
    public var number: Int
    public var status: Status
    /// The archive; the first segment of a segmented one.
    public var archive: String
    /// The log backup written with it; nil when no log was running since the backup before.
    @OrNull public var log: String?
    /// The last operation the archive holds; nil without a log.
    @OrNull public var lastOperation: UInt64?
    /// Bytes of all items before compression.
    public var bytes: UInt64
    public var archiveBytes: UInt64
    public var seconds: Double
    /// Items that the settings name and that were not there.
    public var missing: [String]
    /// The parity files of archive and log backup; empty without redundancy.
    public var parity: [String] = []
    /// How long writers were kept out: 0 in WAL mode.
    public var writersWaitedSeconds: Double
    /// What went wrong after the archive was safe: old sets not deleted, journal not written.
    public var warnings: [String]
    /// What was found wrong with the data that were saved, in one word: damaged, foreign or emptied; nil for good data. A warning says more.
    @OrNull public var condition: String? = nil
    /// The trial restore; nil when the settings ask for none, or when it could not be made.
    @OrNull public var proof: ProofOutcome? = nil
}

public struct IntegrationOutcome: Codable, Sendable, Equatable {
    public struct Step: Codable, Sendable, Equatable {
        public var log: String
        /// Operations taken from this log, of every kind.
        public var operations: UInt64
        /// Additions, modifications and deletions among them.
        public var recordOperations: UInt64
        /// Operations that the data held already.
        public var skipped: UInt64
        /// Damaged bytes of the log that were repaired with its parity file while it was read; nil when there were none.
        @OrNull public var repaired: String? = nil
        /// What this program could not write (1527), in words: those tables keep the rows that they had.
        public var notIntegrated: [String] = []
    }
    public var integrated: [Step]
    /// The last operation the data holds now.
    public var lastOperation: UInt64
    /// What could not be brought to that point, and what else is to be known.
    public var warnings: [String] = []
    /// Virtual tables whose content is not certainly that of the point reached, as the warnings say.
    public var incomplete: [String] = []
    /// Something of the logs could not be written (1527), or is not certainly that of the point.
    public var isPartial: Bool { !incomplete.isEmpty || integrated.contains { !$0.notIntegrated.isEmpty } }
}

public struct RestoreOutcome: Codable, Sendable, Equatable {
    public var destination: String
    /// The restored data file; nil when it was not among the chosen items.
    @OrNull public var data: String?
    public var items: [String]
    public var integrated: [IntegrationOutcome.Step]
    @OrNull public var lastOperation: UInt64?
    public var warnings: [String]
    /// Virtual tables whose content is not certainly that of the point reached, as the warnings say.
    public var incomplete: [String] = []
    /// Something of the logs could not be written (1527), or is not certainly that of the point: the warnings name it.
    public var isPartial: Bool { !incomplete.isEmpty || integrated.contains { !$0.notIntegrated.isEmpty } }
}

public struct RollbackOutcome: Codable, Sendable, Equatable {
    /// The last operation kept.
    public var kept: UInt64
    /// Record operations cancelled.
    public var cancelled: UInt64
    /// The last operation of the log now: the compensating ones included.
    public var lastOperation: UInt64
    /// Record operations cancelled, by table.
    public var byTable: [String: UInt64]
    /// The same by table and action.
    public var actions: [String: [String: UInt64]]
    /// The last operation before the cancelling ones: rolling back to it undoes this rollback.
    public var previousOperation: UInt64
    /// `undo`, from the log's old values, or `restore`, from an archive and the logs that follow it.
    public var method: String
    public var dryRun: Bool
    /// Tables whose AUTOINCREMENT counters moved since and were not taken back; for a dry run, those that may be meant.
    public var keptCounters: [String] = []
    /// What becomes of the structure, newest change first: sentences for people.
    public var structure: [String] = []
    /// What went wrong after it was done.
    public var warnings: [String] = []
    /// What this program could not write (1527), in words: those tables keep the rows that they have.
    public var notCancelled: [String] = []
    /// Virtual tables whose content is not certainly that of the point reached, as the warnings say.
    public var incomplete: [String] = []
}

public struct LogStatus: Codable, Sendable, Equatable {
    /// `unseen`: rows had changed past capture and were logged anew; the log is right again, but what happened to them is not in it.
    public enum State: String, Codable, Sendable, CaseIterable { case ok, unavailable, detached, gap, unseen, off }
    public var enabled: Bool
    @OrNull public var path: String?
    public var firstOperation: UInt64
    public var lastOperation: UInt64
    /// Captured changes that are not yet in the log file.
    public var pending: UInt64
    public var state: State
    @OrNull public var chain: String?
    /// Why the state is not `ok`, and what to do.
    @OrNull public var reason: String?
    /// Tables that are not journaled, with the reason.
    public var notJournaled: [String: String]
    /// Tables whose rows changed past capture since the last backup (error 1525).
    public var unseen: [String] = []
    /// When the rows were last held against the log: UTC, ISO 8601.
    @OrNull public var compared: String? = nil
    /// Tables that are too large for that.
    public var notCompared: [String] = []
    /// No log is on, and one starts with the next backup.
    @OrNull public var startsWithNextBackup: Bool? = false
    /// What this program cannot read (error 1524) or write (1527), in words; tables that were excluded on purpose are left out.
    public var unsupported: [String] = []
    /// Files of log and backups that others can read who cannot read the data, as sentences.
    public var exposed: [String] = []
    /// SHA-256 of the log's last block, which binds all before it, hexadecimal.
    @OrNull public var digest: String? = nil
    /// `verified`: the log ends with a mark of the integrity key; `unverified`: it has marks, and there is no key to verify them; `failed` (error
    /// 1529). Nil where neither key nor mark is used.
    @OrNull public var integrity: Integrity? = nil
    /// The identifier of the key whose mark the log ends with.
    @OrNull public var integrityKey: String? = nil
    /// Why it is not verified.
    @OrNull public var integrityReason: String? = nil

    public enum Integrity: String, Codable, Sendable, CaseIterable { case verified, unverified, failed }
}

public struct DrainOutcome: Codable, Sendable, Equatable {
    public var drained: UInt64
    public var lastOperation: UInt64
    /// Tables that were found changed past capture (error 1525); their rows are in the log now, or the log has a gap.
    public var unseen: [String]
    /// As in `LogStatus`.
    public var unsupported: [String] = []
    /// What went wrong after the log was written: its anchor, for example.
    public var warnings: [String] = []
    public init(drained: UInt64, lastOperation: UInt64, unseen: [String] = []) {
        self.drained = drained
        self.lastOperation = lastOperation
        self.unseen = unseen
    }
}

public struct Problem: Codable, Sendable, Equatable {
    /// The item, block, table or page.
    public var `where`: String
    public var what: String
    public init(where place: String, what: String) {
        self.where = place
        self.what = what
    }
}

public struct CheckOutcome: Codable, Sendable, Equatable {
    public enum Result: String, Codable, Sendable { case ok, damaged }
    public var result: Result
    public var problems: [Problem]
    /// Whether `msc repair` makes a damaged archive or log whole again; nil when there is nothing to repair or no parity file.
    @OrNull public var repairable: Bool?
    /// What could not be checked, with the reason.
    public var notChecked: [String] = []
    public init(problems: [Problem], repairable: Bool? = nil) {
        result = problems.isEmpty ? .ok : .damaged
        self.problems = problems
        self.repairable = repairable
    }
}
