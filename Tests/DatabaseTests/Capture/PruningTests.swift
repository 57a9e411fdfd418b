// Removing captured rows beside programs that wait for no lock: they come first, and never notice.

@testable import Database
import Dispatch
import Glibc
import Synchronization
import Testing

@Suite("Removing captured rows")
struct PruningTests {
    let scratch = Scratch()

    /// A captured database in WAL mode with so many captured rows, all durable in a log as far as the test is concerned.
    private func captured(_ count: Int) throws -> (ours: Connection, position: Int64) {
        try Connection(scratch.path(), .create).execute("PRAGMA journal_mode=WAL")
        let app = try scratch.capture("CREATE TABLE t(id INTEGER PRIMARY KEY, a)")
        try app.execute("WITH RECURSIVE c(x) AS (VALUES(1) UNION ALL SELECT x+1 FROM c WHERE x<\(count)) INSERT INTO t SELECT x,x FROM c")
        return (try Connection(scratch.path(), .write), try Capture.position(app))
    }

    @Test("when nobody writes all go but the newest, which is the data's clock")
    func quiet() throws {
        let (ours, position) = try captured(5000)
        var pruning = Pruning(ours, through: position)
        #expect(try pruning.run(for: .seconds(20), unwritten: .seconds(9)) == .done)
        #expect(try Capture.oldest(ours) == position)
        #expect(try Capture.position(ours) == position)
    }

    @Test("outside of WAL mode nothing is removed but in a pause")
    func rollbackJournal() throws {
        let (ours, position) = try captured(3000)
        try ours.execute("PRAGMA journal_mode=DELETE")
        var pruning = Pruning(ours, through: position)
        #expect(try pruning.run(for: .seconds(20), unwritten: .zero) == .gaveWay)
        #expect(try Capture.oldest(ours) == 1)
        #expect(try pruning.run(for: .seconds(20), unwritten: .seconds(9)) == .done)
        #expect(try Capture.oldest(ours) == position)
    }

    @Test("a transaction that is open ends the attempt at once, whatever patience the connection has")
    func givesWay() throws {
        let (_, position) = try captured(300)
        let patient = try Connection(scratch.path(), .write, patience: LockPatience(.seconds(60)) { false })
        let app = try Connection(scratch.path(), .write)
        try app.execute("BEGIN IMMEDIATE")
        let start = ContinuousClock.now
        var pruning = Pruning(patient, through: position)
        #expect(try pruning.run(for: .milliseconds(100), unwritten: .seconds(9), isForced: true) == .gaveWay)
        #expect(ContinuousClock.now - start < .seconds(50))
        try app.execute("COMMIT")
        #expect(try pruning.run(for: .seconds(20), unwritten: .seconds(9)) == .done)
    }

    @Test("a program that commits without a pause and waits for no lock is not refused: the rows wait")
    func withoutPause() throws {
        let (ours, position) = try captured(50_000)
        let app = try Connection(scratch.path(), .write)
        try app.execute("PRAGMA synchronous=OFF")
        let writer = AppWriter(app)
        let group = DispatchGroup()
        DispatchQueue(label: "writer").async(group: group) { writer.run() }
        while writer.commits.load(ordering: .relaxed) < 100 { usleep(100) }
        var pruning = Pruning(ours, through: position)
        _ = try pruning.run(for: .milliseconds(500), unwritten: .zero)
        writer.ends.store(true, ordering: .relaxed)
        group.wait()
        let (commits, refusals) = (writer.commits.load(ordering: .relaxed), writer.refusals.load(ordering: .relaxed))
        #expect(commits > 100 && refusals * 1000 <= commits, "\(refusals) of \(commits)")
    }
}

/// One connection, handed to the one thread that writes.
private final class AppWriter: @unchecked Sendable {
    private let connection: Connection
    let ends = Atomic<Bool>(false)
    let commits = Atomic<Int>(0)
    let refusals = Atomic<Int>(0)

    init(_ connection: Connection) { self.connection = connection }

    func run() {
        while !ends.load(ordering: .relaxed) {
            do {
                try connection.execute("INSERT INTO t(a) VALUES('more')")
                commits.add(1, ordering: .relaxed)
            } catch { refusals.add(1, ordering: .relaxed) }
        }
    }
}
