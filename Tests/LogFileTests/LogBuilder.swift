// Builders for the tests of this room: a folder of their own, small logs, random operations.

import FileSystem
import Glibc
import LogFile
import Synchronization
import Testing
import Vocabulary

/// A folder for one test, removed with it.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/msc-log-XXXXXX".utf8CString)
        path = String(cString: try #require(mkdtemp(&template)))
    }

    deinit {
        for name in (try? Folder.contents(of: path)) ?? [] { unlink("\(path)/\(name)") }
        rmdir(path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
}

func readAll(_ path: String) throws -> [UInt8] {
    let file = try File(path, .read)
    var bytes = [UInt8](repeating: 0, count: Int(try file.size()))
    _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    return bytes
}

func writeAll(_ bytes: some Collection<UInt8>, to path: String) throws {
    unlink(path)
    let file = try File(path, .createNew)
    try Array(bytes).withUnsafeBytes { try file.write($0, at: 0) }
}

/// What goes into an operation, as values.
struct Draft: Sendable, Equatable, CustomTestStringConvertible {
    var action: Action = .addition
    var time: Int64 = 1_700_000_000_000
    var position: Int64 = 1
    var isConsistentPoint = false
    var context: UInt32 = 0
    var table: UInt32 = 1
    var key: [Value] = []
    var old: [Value] = []
    var new: [Value] = []

    /// Short: the values of one may have megabytes.
    var testDescription: String {
        "\(action) \(position): \([key, old, new].map { $0.map { String("\($0)".prefix(40)) }.joined(separator: ", ").prefix(200) })"
    }

    func append(to writer: LogWriter) throws {
        let key = Draft.bytes(key)
        let old = Draft.bytes(old)
        let new = Draft.bytes(new)
        try key.withUnsafeBytes { key in
            try old.withUnsafeBytes { old in
                try new.withUnsafeBytes { new in
                    _ = try writer.append(
                        Operation(
                            action: action, time: time, position: position, isConsistentPoint: isConsistentPoint,
                            context: context, table: table, key: key, old: old, new: new))
                }
            }
        }
    }

    static func bytes(_ values: [Value]) -> [UInt8] {
        var buffer = ValueBuffer()
        for value in values { buffer.append(value) }
        return buffer.bytes
    }

    init() {}

    init(_ owned: OwnedOperation) {
        action = owned.action
        time = owned.time
        position = owned.position
        isConsistentPoint = owned.isConsistentPoint
        context = owned.context
        table = owned.table
        key = owned.key
        old = owned.old
        new = owned.new
    }

    /// The n-th row of a small table: an addition of (name, price, note).
    static func row(_ n: Int, isConsistentPoint: Bool = true) -> Draft {
        var draft = Draft()
        draft.time += Int64(n)
        draft.position = Int64(n)
        draft.isConsistentPoint = isConsistentPoint
        draft.key = [.integer(Int64(n))]
        draft.new = [.text("name \(n)"), .real(Double(n) / 4), n % 3 == 0 ? .null : .text("note number \(n)")]
        return draft
    }
}

enum Sample {
    static let application = Identity("00112233-4455-6677-8899-aabbccddeeff")
    static let chain = Identity("0f0e0d0c-0b0a-0908-0706-050403020100")
    static let table = TableDefinition(
        id: 1, name: "Item", isWithoutRowid: false, rowidColumn: "id", rowidName: "id",
        columns: [.init(name: "name", type: "TEXT"), .init(name: "price", type: "REAL"), .init(name: "note", type: "")])
    static let context = Context(process: "app", processID: 42, user: "anna", host: "box")

    static func header(firstOperation: UInt64 = 1, startPosition: Int64 = 0) throws -> LogHeader {
        LogHeader(
            application: try #require(application), chain: try #require(chain), firstOperation: firstOperation,
            startPosition: startPosition, startTime: 1_700_000_000_000, structure: ["CREATE TABLE Item(id INTEGER PRIMARY KEY, name TEXT, price REAL, note)"],
            tables: [table])
    }
}

/// Everything a reader gives, with the damage it reports.
func everything(
    _ path: String, reverse: Bool = false, filter: Filter = Filter()
) throws -> (operations: [OwnedOperation], damage: [Damage]) {
    let reader = try LogReader(path)
    var found: [OwnedOperation] = []
    var damage: [Damage] = []
    try reader.forEach(reverse: reverse, filter: filter, damage: { damage.append($0) }) {
        found.append(OwnedOperation($0))
        return .next
    }
    return (found, damage)
}

/// A reproducible source of chance.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// Counts calls from any thread.
final class CallCounter: Sendable {
    private let value = Mutex(0)
    func next() -> Int {
        value.withLock {
            $0 += 1
            return $0
        }
    }
}

/// What the n-th call fails with: a full disk, each third time a broken one or one that is not permitted. MSC_FAULT=EIO and so on: always that.
func faultCode(_ n: Int) -> Int32 {
    if let text = getenv("MSC_FAULT"), let code = ["EIO": EIO, "EACCES": EACCES, "ENOSPC": ENOSPC][String(cString: text)] { return code }
    return n % 3 == 1 ? n % 6 == 1 ? EIO : EACCES : ENOSPC
}
