// Where transactions ended, as the -wal file of a WAL database shows it: the state of the outbox at each commit, whose last row is
// the last row of that transaction. Needs no cooperation of the application.
//
// Pages that only look like the outbox's lie in the file too: of tables of the same shape, and of the outbox itself, written by
// statements that were rolled back. So its tree is followed at each commit from the root along the right edge, and only a leaf
// that is reached that way counts. What is not certain is no point: a point that is missing does less harm than a false one.

import CSQLite
import PageFormat

/// Finds the positions of commits. Keep it between drains: it reads only what was added.
struct CommitFinder {
    private let connection: Connection
    private let pageSize: Int
    /// `FileHeader.usableSize`.
    private let usableSize: Int
    /// Columns of the outbox, and its root page, which holds as long as the schema has this version.
    private let columnCount: Int
    private let root: UInt32
    private let cookie: UInt32
    private var log: WriteAheadLog
    /// What the pages are that the log holds, as far as they may belong to the outbox.
    private var pages: [UInt32: Page] = [:]
    /// Whether the schema has our version at the commit that is looked at; nil until that is known.
    private var isOurSchema: Bool?
    /// Pages read from the main file, since the log did not hold them: how many positions had been found by then. A checkpoint may
    /// have put a later state there when the log holds them further on; then what was found with them counts no more.
    private var assumed: [UInt32: Int] = [:]
    /// The change counter of page 1 in the main file.
    private var assumedCounter: UInt32 = 0
    /// Commits found and not yet asked for, ascending.
    private var found: [Commit] = []
    /// The page of the AUTOINCREMENT counters, what it held last in this life of the file, and what was found of that last.
    private let countersRoot: UInt32
    private var counters: CounterPage?
    private var foundCounters: [String: Int64]?

    /// A transaction that ended.
    struct Commit {
        var position: Int64
        /// The AUTOINCREMENT counters as it left them.
        var counters: CounterState
    }

    private enum Page {
        case interior(right: UInt32)
        /// A leaf that looks like one of the outbox.
        case leaf(last: Int64)
        case other
    }

    /// What one commit wrote.
    private struct Written {
        var pages: [UInt32: Page] = [:]
        var counters: CounterPage?
        /// The change counter and the version of the schema in page 1.
        var head: (counter: UInt32, cookie: UInt32)?
    }

    /// - Parameter connection: for reading the main file; in its read transaction when `commits` is called.
    init(_ connection: Connection) throws(DatabaseError) {
        self.connection = connection
        log = WriteAheadLog(databasePath: connection.path)
        columnCount = try Outbox.installedWidth(connection) + 5
        root = UInt32(truncatingIfNeeded: try connection.integer("SELECT rootpage FROM main.sqlite_schema WHERE name='\(Outbox.log)'") ?? 0)
        cookie = UInt32(truncatingIfNeeded: try connection.integer("PRAGMA main.schema_version") ?? 0)
        pageSize = Int(try connection.integer("PRAGMA main.page_size") ?? 0)
        // Less than zero only asks.
        var reserved: Int32 = -1
        sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved)
        usableSize = pageSize - Int(reserved)
        countersRoot = UInt32(
            truncatingIfNeeded: try connection.integer("SELECT rootpage FROM main.sqlite_schema WHERE name='sqlite_sequence'") ?? 0)
    }

    /// Transactions that ended in `after..<=last`, ascending; possibly not all of them.
    /// - Parameter present: the AUTOINCREMENT counters as they are in the connection's read transaction.
    mutating func commits(after: Int64, through last: Int64, counters present: [String: Int64]) -> [Commit] {
        // Without a -wal file, or one that cannot be read, nothing is known: that is always a valid answer.
        if let reading = try? log.read({ Written() }, { [columnCount, usableSize, countersRoot, encoding = connection.textEncoding] commit, frame in
            if frame.page == 1 { return commit.head = Self.head(frame.bytes) }
            let page = TreePage(frame.bytes, isFirst: false, usableSize: usableSize)
            if frame.page == countersRoot { commit.counters = CounterPage(page, encoding) }
            commit.pages[frame.page] = Self.page(page, columnCount)
        }) {
            if reading.isNew {
                pages.removeAll()
                isOurSchema = nil
                counters = nil
                foundCounters = nil
            }
            assumed.removeAll()
            for commit in reading.commits { take(commit) }
        }
        resolve(after, present)
        found.removeAll { $0.position <= after }
        return found.filter { $0.position <= last }
    }

    /// Finds the counters of the commits before the first one that wrote them in this life of the file: they are as now when none did, and
    /// as the log says when its end is among these commits. Otherwise they are not known, and such a commit is no point.
    private mutating func resolve(_ after: Int64, _ present: [String: Int64]) {
        guard countersRoot != 0, let first = found.firstIndex(where: { $0.counters == .unwritten }) else { return }
        let end = found[first...].firstIndex { $0.counters != .unwritten } ?? found.endIndex
        if counters == nil {
            for index in first..<end { found[index].counters = .whole(present) }
        } else if found[first].position <= after {
            for index in first..<end { found[index].counters = .changed([:]) }
        } else {
            found.removeSubrange(first..<end)
        }
    }

    private mutating func take(_ commit: Written) {
        if let head = commit.head {
            if let since = assumed[1], assumedCounter >= head.counter { forget(1, since) }
            assumed[1] = nil
            isOurSchema = head.cookie == cookie
        } else if isOurSchema == nil {
            readHead()
        }
        for (number, page) in commit.pages {
            if let since = assumed[number] { forget(number, since) }
            if case .other = page, pages[number] == nil { continue }
            pages[number] = page
        }
        if let counters = commit.counters { self.counters = counters }
        guard isOurSchema == true, let last = lastRow(commit), last > (found.last?.position ?? 0) else { return }
        found.append(Commit(position: last, counters: state()))
    }

    /// The counters at a commit, after the one that was found before it.
    private mutating func state() -> CounterState {
        guard countersRoot != 0 else { return .changed([:]) }
        guard let counters else { return .unwritten }
        guard let now = counters.counters else {
            foundCounters = nil
            return .unknown
        }
        defer { foundCounters = now }
        guard let before = foundCounters else { return .whole(now) }
        if before == now { return .changed([:]) }
        var changed: [String: Int64?] = [:]
        for (name, counter) in now where before[name] != counter { changed[name] = counter }
        for name in before.keys where now[name] == nil { changed.updateValue(nil, forKey: name) }
        return .changed(changed)
    }

    private mutating func forget(_ page: UInt32, _ since: Int) {
        assumed[page] = nil
        for (other, count) in assumed where count > since { assumed[other] = since }
        if found.count > since {
            found.removeSubrange(since...)
            foundCounters = nil
        }
    }

    /// The last row of the outbox after a commit that wrote the leaf with it: all that add rows do.
    private mutating func lastRow(_ commit: Written) -> Int64? {
        var number = root
        for _ in 0..<Self.deepest {
            if pages[number] == nil { assume(number) }
            switch pages[number] {
            case .interior(let right): number = right
            case .leaf(let last): return commit.pages[number] == nil ? nil : last
            case .other, nil: return nil
            }
        }
        return nil
    }

    /// No tree of SQLite's is deeper.
    private static let deepest = 20

    // MARK: The main file

    private mutating func assume(_ number: UInt32) {
        guard let page = readMain(number, pageSize, { [columnCount, usableSize] in
            Self.page(TreePage($0, isFirst: false, usableSize: usableSize), columnCount)
        }) else { return }
        pages[number] = page
        assumed[number] = found.count
    }

    private mutating func readHead() {
        guard let head = readMain(1, FileHeader.size, Self.head) ?? nil else { return }
        isOurSchema = head.cookie == cookie
        assumedCounter = head.counter
        assumed[1] = found.count
    }

    private func readMain<Result>(_ number: UInt32, _ count: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        guard number > 0, pageSize > 0, let file = try? DatabaseFile(.main, of: connection) else { return nil }
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 8)
        defer { bytes.deallocate() }
        guard (try? file.read(into: bytes, at: UInt64(number - 1) * UInt64(pageSize))) == true else { return nil }
        return body(UnsafeRawBufferPointer(bytes))
    }

    // MARK: Pages

    private static func head(_ page: UnsafeRawBufferPointer) -> (counter: UInt32, cookie: UInt32)? {
        FileHeader(page).map { ($0.changeCounter, $0.schemaVersion) }
    }

    private static func page(_ page: TreePage?, _ columnCount: Int) -> Page {
        switch page?.kind {
        case .interiorTable: page?.lastChild.map { .interior(right: $0) } ?? .other
        case .leafTable: page.flatMap { lastRow($0, columnCount) }.map { .leaf(last: $0) } ?? .other
        case .interiorIndex, .leafIndex, nil: .other
        }
    }

    /// The rowid of the last cell of a table leaf that looks like a leaf of the outbox.
    private static func lastRow(_ page: TreePage, _ columnCount: Int) -> Int64? {
        // n is the rowid and stored as NULL; k is an integer; ts is NULL or a REAL.
        guard page.cellCount > 0, let row = page.row(page.cellCount - 1), row.rowid > 0,
            let types = Record(row.record, atMost: columnCount)?.types, types.count == columnCount,
            types[0] == 0, (1...6).contains(types[1]) || types[1] == 8 || types[1] == 9, types[2] == 0 || types[2] == 7
        else { return nil }
        return row.rowid
    }
}
