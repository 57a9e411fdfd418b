// How captured rows are removed that are in the log: in moments in which no program that writes can notice it.
//
// Removing takes the right to write, and a program that does not wait for locks is refused meanwhile. So the pages are read before that
// right is taken, a portion is as large as half a millisecond allows, and in WAL mode, whose index counts the commits, the moment is
// chosen: when nobody has written for a while, or right after a commit of a program whose commits leave gaps between them.

import CSQLite
import Glibc
import Vocabulary

extension Capture {
    /// Deletes up to `limit` outbox rows that are durable in the log (I1: the caller guarantees `position`), never the newest one.
    ///
    /// Gives way at once when anybody else writes: then, and when there is nothing to delete, it returns 0.
    /// - Returns: how many rows were deleted.
    public static func prune(_ connection: Connection, through position: Int64, limit: Int64 = 200) throws(DatabaseError) -> Int64 {
        do {
            return try connection.givingWay { () throws(DatabaseError) in
                try connection.run("BEGIN")
                // The numbers follow one another, apart from the jumps of a copy that integrated a log.
                let first = try oldest(connection)
                let last = try min(position, first + limit - 1, self.position(connection) - 1)
                guard first <= last else {
                    try connection.run("ROLLBACK")
                    return 0
                }
                // Reading the pages first keeps the right to write short. Whoever commits in between makes SQLite refuse the deletion.
                _ = try connection.integer("SELECT count(v0) FROM main.\(Outbox.log) WHERE n<=?", .integer(last))
                try connection.run("DELETE FROM main.\(Outbox.log) WHERE n<=?", .integer(last))
                let count = connection.changes
                try connection.run("COMMIT")
                return count
            }
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            if error.isBusy { return 0 }
            // Untested: SQLite fails here only when its disk or its memory does.
            throw error
        }
    }
}

/// Removes captured rows that are durable in the log.
public struct Pruning {
    public enum Ending: Sendable, Equatable {
        /// Nothing is left to remove.
        case done
        /// Other programs write, and left no moment for it.
        case gaveWay
        case timeIsUp
    }

    /// The longest time for a portion, its reading included.
    private static let longest = Duration.microseconds(500)
    /// After a portion, so many times its duration nothing is done.
    private static let rest = 9

    private let connection: Connection
    private let position: Int64
    private var rows: Int64 = 100
    private var deleted: Int64 = 0
    public private(set) var memory: Rhythm.Memory

    /// - Parameter position: the last one that is durable in the log (I1).
    public init(_ connection: Connection, through position: Int64, remembering memory: Rhythm.Memory = .init()) {
        self.connection = connection
        self.position = position
        self.memory = memory
    }

    /// Removes rows for at most `time`. Durable only with the next commit that is: losing it in a crash does no harm.
    /// - Parameters:
    ///   - unwritten: how long nobody has written, as far as the caller sees.
    ///   - isForced: does not look for such a moment: programs that do not wait for locks may be refused.
    public mutating func run(for time: Duration, unwritten: Duration, isForced: Bool = false) throws(DatabaseError) -> Ending {
        try connection.execute("PRAGMA synchronous=NORMAL")
        defer { try? connection.execute("PRAGMA synchronous=FULL") }
        guard try !isDone else { return .done }
        let end = ContinuousClock.now + time
        guard try connection.string("PRAGMA main.journal_mode") == "wal", let first = commits else {
            return try runWithoutRhythm(until: end, unwritten >= .milliseconds(100) || isForced)
        }
        var rhythm = Rhythm(from: first, at: .now, unwritten: unwritten, remembering: memory)
        defer { memory = rhythm.memory(at: .now) }
        var next = ContinuousClock.now
        while ContinuousClock.now < end {
            let moment = commits.flatMap { rhythm.look($0, at: .now) }
            guard let moment = moment ?? (isForced ? Pruning.longest : nil), ContinuousClock.now >= next else {
                usleep(100)
                continue
            }
            let taken = try remove(within: min(moment, Pruning.longest))
            if taken.count > 0 { rhythm.tookOwnCommit() } else if try isDone { return .done }
            next = ContinuousClock.now + taken.time * Pruning.rest
        }
        return deleted > 0 ? .timeIsUp : .gaveWay
    }

    /// Outside of WAL mode a deletion waits for the disk and keeps readers out, too: only where nobody writes.
    private mutating func runWithoutRhythm(until end: ContinuousClock.Instant, _ isQuiet: Bool) throws(DatabaseError) -> Ending {
        guard isQuiet else { return .gaveWay }
        rows = 1000
        let before = try connection.integer("PRAGMA data_version")
        while ContinuousClock.now < end {
            let start = ContinuousClock.now
            let count = try Capture.prune(connection, through: position, limit: rows)
            deleted += count
            if count == 0 { return try isDone ? .done : .gaveWay }
            let pause = (ContinuousClock.now - start) * Pruning.rest
            if ContinuousClock.now + pause >= end { break }
            usleep(UInt32(pause / .microseconds(1)))
            if try connection.integer("PRAGMA data_version") != before { return .gaveWay }
        }
        return .timeIsUp
    }

    private var isDone: Bool {
        get throws(DatabaseError) {
            do {
                return try connection.givingWay { () throws(DatabaseError) in
                    try Capture.oldest(connection) >= min(position + 1, Capture.position(connection))
                }
            } catch {
                if error.isBusy { return false }
                throw error
            }
        }
    }

    /// One portion, of which the next one learns how many rows it may have.
    private mutating func remove(within allowed: Duration) throws(DatabaseError) -> (count: Int64, time: Duration) {
        let start = ContinuousClock.now
        let count = try Capture.prune(connection, through: position, limit: rows)
        let time = ContinuousClock.now - start
        deleted += count
        if count > 0 { rows = max(20, min(1000, rows * 2, Int64(Double(count) * (allowed / time)))) }
        return (count, time)
    }
    /// What the index of the write-ahead log tells; nil where there is none.
    private var commits: Rhythm.Commits? {
        guard let file = try? DatabaseFile(.main, of: connection) else { return nil }
        var index = CSQLiteWalIndex()
        for _ in 0..<100 {
            switch csqlite_wal_index(file.handle, &index) {
            case SQLITE_OK:
                // SQLite's own count of commits: the third word.
                let count = withUnsafeBytes(of: index.header) { $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self) }
                return Rhythm.Commits(count: count, waitForDisk: index.backfilled >= index.last_frame)
            case SQLITE_BUSY: usleep(10)  // A writer changes it this moment.
            default: return nil
            }
        }
        return nil
    }
}
