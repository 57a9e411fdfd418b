// Verifies a whole log, byte for byte, without trusting an index: `msc log check`.

public import FileSystem
public import Vocabulary

/// Verification of a log file.
public enum LogCheck {
    public struct Problem: Sendable, Equatable {
        /// "block at byte 4096, operations 12 to 20" or "file header".
        public var place: String
        /// What is wrong there, lower case, no full stop.
        public var what: String
        /// False for an append that was not finished: the next writer cuts it off, nothing durable is lost.
        public var isDamage: Bool

        public init(place: String, what: String, isDamage: Bool = true) {
            self.place = place
            self.what = what
            self.isDamage = isDamage
        }
    }

    public struct Report: Sendable, Equatable {
        public var problems: [Problem] = []
        /// Operations that could be read.
        public var operations: UInt64 = 0
        public var blocks: UInt64 = 0
        public var isSealed = false
        /// The part of the rows, from 0 to 1, whose operations were held against one another: all, unless the log is damaged or names more
        /// than some 60 million rows.
        public var rowsFollowed = 1.0
        /// Operations that do not fit the rows before them, which an integration passes over: their table is logged anew later.
        public var passedOver = 0
        /// Blocks that end a commit with a code made with a key.
        public var marks: UInt64 = 0

        /// No damage; an unfinished append may have been met.
        public var isSound: Bool { !problems.contains { $0.isDamage } }
    }

    /// Reads the whole file: checksums, digests, numbering, order of positions, bounds of times, payloads, indexes, definitions; and
    /// follows rows from operation to operation, as an integration would. What a row was before its first operation here is not known. The
    /// file is read once more for each 1.5 million rows that it names.
    ///
    /// The log is taken as it is, unless `repairing` says to read it through
    /// its parity file. Damage is not thrown but listed, in the order of the file, then operations that do not join; the
    /// first block that does not follow the one before is named. Throws 1412 when the file is missing, 1503 when it is of a newer version, 1515 when the disk fails, 1406 on a Stop. Changes nothing.
    /// - Parameter keys: holds the marks against them; a part of the log without a mark is a problem then.
    public static func run(_ path: String, repairing: Bool = false, keys: IntegrityKeys? = nil, job: Job? = nil) throws(Failure) -> Report {
        let input = try OpenLog(path, .read, repairing: repairing)
        let map: BlockMap
        do throws(Failure) { map = try BlockMap(input) } catch {
            guard error.code == .logDamaged else { throw error }
            var report = Report()
            report.problems.append(Problem(place: "file header", what: error.cause ?? error.message))
            return report
        }
        let checker = try LogChecker(map, keys)
        return try checker.run(job)
    }
}
