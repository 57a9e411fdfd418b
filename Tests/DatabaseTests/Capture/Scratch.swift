import Database
import Glibc
import Vocabulary

/// A folder of a test's own, removed at its end.
final class Scratch {
    let folder: String

    init() {
        var template = Array("/tmp/msc-capture-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
    }

    deinit {
        guard let entries = opendir(folder) else { return }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            unlink(folder + "/" + name)
        }
        closedir(entries)
        rmdir(folder)
    }

    func path(_ name: String = "data.db") -> String { folder + "/" + name }

    /// A new database with this schema, captured.
    func capture(_ schema: String) throws -> Connection {
        let connection = try Connection(path(), .create)
        try connection.execute("PRAGMA journal_mode=WAL;" + schema)
        try Capture.install(connection, Scratch.state())
        return connection
    }

    static func state() -> CaptureState {
        CaptureState(application: [UInt8](repeating: 1, count: 16), chain: [UInt8](repeating: 2, count: 16), homePath: "/x", homeDevice: 1, homeInode: 2)
    }
}

/// Operations as owned values.
final class Collected: DrainSink {
    struct Entry: Equatable, CustomStringConvertible {
        var action: Action
        var position: Int64
        var isConsistent: Bool
        var context: UInt32
        var table: UInt32
        var key: [Value]
        var old: [Value]
        var new: [Value]
        var time: Int64 = 0

        var description: String { "\(position)\(isConsistent ? "!" : "") \(action.name) \(table) \(key) \(old) -> \(new)" }
    }

    var tables: [UInt32: TableDefinition] = [:]
    var contexts: [String] = []
    var entries: [Entry] = []
    /// What the tables add up to, for those that were given a sum to begin with.
    var sums = RowSums()

    func define(_ table: TableDefinition) throws { tables[table.id] = table }

    func number(ofContext text: String) throws -> UInt32 {
        contexts.append(text)
        return UInt32(contexts.count)
    }

    /// What was committed: entries that came with earlier drains.
    var committed = 0 {
        didSet { committedSums = sums }
    }
    private var committedSums = RowSums()

    func restart() throws {
        entries.removeSubrange(committed...)
        sums = committedSums
    }

    func append(_ operation: Operation) throws {
        sums.take(operation)
        func values(_ bytes: UnsafeRawBufferPointer) -> [Value] {
            var cursor = ValueCursor(bytes)
            return cursor.rest() ?? [.text(Array("damaged".utf8))]
        }
        entries.append(
            Entry(
                action: operation.action, position: operation.position, isConsistent: operation.isConsistentPoint,
                context: operation.context, table: operation.table, key: values(operation.key), old: values(operation.old),
                new: values(operation.new), time: operation.time))
    }
}
