// Files of a few pages that hold rows without end, since their pages name each other: no statement on them outlasts a Stop.

import Dispatch
import FileSystem
import Glibc
import Synchronization
import Testing
import Vocabulary

@testable import Database

@Suite("Pages that name each other")
struct EndlessPagesTests {
    let scratch = Scratch()

    private static func big(_ number: Int, _ count: Int) -> [UInt8] { (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }

    /// A database whose table `t` has rows without end: each page of five levels names the next one six hundred times.
    static func make(at path: String) throws {
        let root: Int = try {
            let connection = try Connection(path, .create)
            try connection.execute("PRAGMA page_size=4096; CREATE TABLE t(a); CREATE TABLE u(a UNIQUE); INSERT INTO u VALUES(1)")
            return Int(try connection.integer("SELECT rootpage FROM sqlite_schema WHERE name='t'") ?? 0)
        }()
        let file = try File(path, .readWrite)
        let pages = Int(try file.size()) / 4096
        func write(_ bytes: [UInt8], page: Int) throws { try bytes.withUnsafeBytes { try file.write($0, at: UInt64(page - 1) * 4096) } }
        let levels = [root] + (1...5).map { pages + $0 }
        for (page, child) in zip(levels, levels.dropFirst()) {
            let cell = big(child, 4) + [1]
            var bytes: [UInt8] = [5, 0, 0] + big(600, 2) + big(4096 - cell.count, 2) + [0] + big(child, 4)
            for _ in 0..<600 { bytes += big(4096 - cell.count, 2) }
            bytes += [UInt8](repeating: 0, count: 4096 - cell.count - bytes.count) + cell
            try write(bytes, page: page)
        }
        // A leaf with one row: payload of two bytes, rowid 1, one column, the number 1.
        let row: [UInt8] = [2, 1, 2, 9]
        let place = big(4096 - row.count, 2)
        try write([13, 0, 0, 0, 1] + place + [0] + place + [UInt8](repeating: 0, count: 4086 - row.count) + row, page: levels[5])
        // The size in the header does not count: that of the file does.
        try big(0, 4).withUnsafeBytes { try file.write($0, at: 28) }
    }

    /// What ends it, when Stop is pressed again and again; nil when nothing does for a minute.
    private func end(of body: @escaping @Sendable (Job) throws -> Void) -> Result<Void, any Error>? {
        let job = Job()
        let ended = Mutex<Result<Void, any Error>?>(nil)
        let shared = Ended(result: ended)
        let done = DispatchSemaphore(value: 0)
        DispatchQueue(label: "endless").async {
            let result = Result { try body(job) }
            shared.result.withLock { $0 = result }
            done.signal()
        }
        // It has begun, as a rule; the outcome is the same when it has not.
        _ = done.wait(timeout: .now() + .milliseconds(300))
        for _ in 0..<600 {
            job.stop()
            if done.wait(timeout: .now() + .milliseconds(100)) == .success { return shared.result.withLock { $0 } }
        }
        return nil
    }

    private final class Ended: Sendable {
        let result: Mutex<Result<Void, any Error>?>
        init(result: consuming Mutex<Result<Void, any Error>?>) { self.result = result }
    }

    @Test(
        "a Stop ends counting, reading and adding up",
        arguments: ["SELECT count(*) FROM t", "SELECT max(a) FROM t", "SELECT a FROM t ORDER BY a LIMIT 1", "SELECT count(DISTINCT a) FROM t"])
    func statements(sql: String) throws {
        let path = scratch.path("endless")
        try EndlessPagesTests.make(at: path)
        let result = end { job in
            let connection = try Connection(path, .read, stop: job)
            _ = try connection.integer(sql)
        }
        guard case .failure(let error as DatabaseError) = result else {
            Issue.record("\(sql): \(String(describing: result))")
            return
        }
        #expect(error.isStop && error.failure.code == .stopped)
    }

    @Test("the reading of a schema without end is ended while the file is opened")
    func schema() throws {
        let path = scratch.path("schema")
        try EndlessPagesTests.make(at: path)
        let file = try File(path, .readWrite)
        func page(_ number: Int) throws -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: 4096)
            _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: UInt64(number - 1) * 4096) }
            return bytes
        }
        func write(_ bytes: [UInt8], _ number: Int) throws { try bytes.withUnsafeBytes { try file.write($0, at: UInt64(number - 1) * 4096) } }
        let pages = Int(try file.size()) / 4096
        // The schema's page becomes a leaf of its own; behind it, the row of the index that SQLite made comes again and again.
        let first = try page(1)
        let last = Int(first[112]) << 8 | Int(first[113])
        let row = Array(first[last..<(last + 2 + Int(first[last]))])
        let place = EndlessPagesTests.big(4096 - row.count, 2)
        try write([13, 0, 0, 0, 1] + place + [0] + place + [UInt8](repeating: 0, count: 4086 - row.count) + row, pages)
        // Cells stay where they are; the header moves to the beginning of the page.
        try write(Array(first[100..<114]) + [UInt8](repeating: 0, count: 300) + first[314...], pages + 1)
        let (leaf, endless) = (EndlessPagesTests.big(pages + 1, 4), EndlessPagesTests.big(pages - 4, 4))
        let cells = leaf + [1] + endless + [1]
        let (one, other) = (EndlessPagesTests.big(4086, 2), EndlessPagesTests.big(4091, 2))
        var root = Array(first[..<100]) + [5, 0, 0] + EndlessPagesTests.big(500, 2) + one + [0] + endless + one
        for _ in 1..<500 { root += other }
        try write(root + [UInt8](repeating: 0, count: 4096 - cells.count - root.count) + cells, 1)
        let result = end { job in _ = try Connection(path, .read, stop: job) }
        guard case .failure(let error as DatabaseError) = result else {
            Issue.record("\(String(describing: result))")
            return
        }
        #expect(error.isStop, "\(error)")
    }
}
