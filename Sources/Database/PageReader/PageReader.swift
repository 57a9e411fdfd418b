// The pages of a live database as one sequential stream of bytes that is a complete SQLite file: no copy on the disk, no
// pause for programs that write in WAL mode. Nothing here writes.

import CSQLite

/// A consistent stream of the pages of a database that other programs are using.
///
/// **WAL mode.** The stream is the main file with the write-ahead log's newer pages laid over it. Nobody waits: writers
/// append to the log, and checkpoints run as far as the read mark of this reader lets them. The log cannot start anew while
/// this reader lives, so it grows with what others write meanwhile. The streamed file says in its header that it is in WAL
/// mode; it is complete without a `-wal` file.
///
/// **Rollback-journal mode.** A shared lock freezes the main file: programs that write wait, or get SQLITE_BUSY, until
/// `finish`. `heldMicroseconds` says how long that was.
///
/// The connection stays usable for other reads, which see the very state that is streamed: the transaction is its own.
/// Do not end that transaction otherwise than by `finish`; once it has ended the bytes are no longer consistent.
///
/// Memory: 8 bytes for each frame of the log that is not in the main file yet; nothing that grows with the database.
public final class PageReader {
    /// Bytes of a page: a power of two from 512 to 65536.
    public let pageSize: Int
    public let pageCount: UInt64
    /// False: programs that write wait until `finish`.
    public let isWriteAheadLog: Bool
    /// How long it took to fix the snapshot, attempts repeated because of commits of others included.
    public let snapshotMicroseconds: UInt64
    /// Bytes handed out so far.
    public private(set) var offset: UInt64 = 0

    /// The length of the stream.
    public var byteCount: UInt64 { pageCount * UInt64(pageSize) }
    private let connection: Connection
    private let main: DatabaseFile
    private let log: DatabaseFile?
    let frames: FrameMap
    private var nextFrame = 0
    private let began: ContinuousClock.Instant
    private var ended: ContinuousClock.Instant?

    /// SQLite reads up to this at once; larger reads gain nothing.
    private static let largestRead = 16 << 20

    /// Fixes the snapshot: begins a read transaction on `connection`, which must not be in one.
    ///
    /// Throws what SQLite says, `isBusy` among it: when another program holds the database exclusively, and when commits
    /// follow one another so closely that no snapshot could be marked. After an error no transaction is left.
    public convenience init(_ connection: Connection) throws(DatabaseError) {
        try self.init(connection, disturb: {})
    }

    init(_ connection: Connection, disturb: () throws(DatabaseError) -> Void) throws(DatabaseError) {
        let started = ContinuousClock.now
        let snapshot = try Snapshot.mark(connection, disturb: disturb)
        began = ContinuousClock.now
        snapshotMicroseconds = Self.microseconds(began - started)
        do throws(DatabaseError) {
            main = try DatabaseFile(.main, of: connection)
            if let index = snapshot.index {
                let file = try DatabaseFile(.writeAheadLog, of: connection)
                frames = try FrameMap(file, index, path: connection.path)
                log = file
            } else {
                frames = FrameMap(pageSize: snapshot.pageSize)
                log = nil
            }
        } catch {
            // The first error is the one to report; a read transaction has nothing to lose.
            try? connection.run("ROLLBACK")
            throw error
        }
        self.connection = connection
        pageSize = snapshot.pageSize
        pageCount = snapshot.pageCount
        isWriteAheadLog = snapshot.isWriteAheadLog
    }

    deinit { finish() }

    /// Fills `buffer` with the next bytes; at best it is a multiple of the page size and about 1 MiB.
    /// - Returns: how many bytes; fewer than asked for only at the end, where it is 0.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatabaseError) -> Int {
        guard ended == nil, connection.isInTransaction else {
            throw DatabaseError(
                code: SQLITE_MISUSE, message: "the transaction that held the pages still has ended", path: connection.path)
        }
        var done = 0
        while done < buffer.count, offset < byteCount {
            let count = Int(min(UInt64(min(buffer.count - done, Self.largestRead)), byteCount - offset))
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
            // The main file may be shorter than the database: its last pages are in the log, or were never written.
            try main.read(into: part, at: offset)
            if let log { try frames.overlay(part, at: offset, from: log, next: &nextFrame) }
            offset += UInt64(count)
            done += count
        }
        return done
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, page number: UInt64) throws(DatabaseError) {
        let offset = (number - 1) * UInt64(pageSize)
        try main.read(into: buffer, at: offset)
        guard let log else { return }
        var next = frames.firstEntry(from: number)
        try frames.overlay(buffer, at: offset, from: log, next: &next)
    }

    /// The root pages as the schema names them, and whether each belongs to the program and not to capture.
    func roots() throws(DatabaseError) -> [(page: UInt64, isOwn: Bool)] {
        let select = try connection.prepare(
            "SELECT rootpage, tbl_name NOT LIKE '\\_msc\\_%' ESCAPE '\\' FROM main.sqlite_schema WHERE rootpage > 0")
        var roots: [(page: UInt64, isOwn: Bool)] = []
        while try select.step() { roots.append((UInt64(clamping: select.integer(0)), select.integer(1) != 0)) }
        return roots
    }

    /// As `Connection.schemaDamage`, of the snapshot.
    func schemaDamage() throws(DatabaseError) -> String? { try connection.schemaDamage() }

    /// Ends the transaction: writers and checkpoints are free again. Without it the reader's end does so.
    public func finish() {
        guard ended == nil else { return }
        ended = ContinuousClock.now
        // Fails only when the transaction has ended already, which is what is wanted.
        if connection.isInTransaction { try? connection.run("ROLLBACK") }
    }

    /// How long the snapshot has been held, to `finish` or to now. In rollback-journal mode: how long writers were kept out.
    public var heldMicroseconds: UInt64 { Self.microseconds((ended ?? .now) - began) }

    private static func microseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        return UInt64(max(0, seconds)) * 1_000_000 + UInt64(max(0, attoseconds / 1_000_000_000_000))
    }
}

@available(*, unavailable, message: "a page reader belongs to the owner of its connection")
extension PageReader: Sendable {}
