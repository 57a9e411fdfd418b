// Operations for tests: the difference between two states of a database, as a log would hold it.

@testable import Database
import Glibc
import Testing
import Vocabulary

/// An operation with bytes of its own.
struct Recorded {
    var action: Action
    var table: UInt32 = 0
    var key: [UInt8] = []
    var old: [UInt8] = []
    var new: [UInt8] = []
    var isConsistentPoint = false

    init(_ action: Action, table: UInt32 = 0, key: [Value] = [], old: [Value] = [], new: [Value] = []) {
        self.action = action
        self.table = table
        self.key = Self.bytes(key)
        self.old = Self.bytes(old)
        self.new = Self.bytes(new)
    }

    static func bytes(_ values: [Value]) -> [UInt8] {
        var buffer = ValueBuffer()
        for value in values { buffer.append(value) }
        return buffer.bytes
    }

    func apply(_ applier: Applier) throws {
        try key.withUnsafeBytes { key in
            try old.withUnsafeBytes { old in
                try new.withUnsafeBytes { new in
                    try applier.apply(
                        Operation(
                            number: 1, action: action, time: 0, position: 0, isConsistentPoint: isConsistentPoint,
                            table: table, key: key, old: old, new: new))
                }
            }
        }
    }
}

/// Knows the tables of a database and records the net changes of its rows, in any order.
final class Recorder {
    let connection: Connection
    private(set) var definitions: [TableDefinition] = []
    var operations: [Recorded] = []

    init(_ connection: Connection) throws {
        self.connection = connection
        try describe(startingAt: 1)
    }

    /// Describes every table anew, as after a change of structure.
    func describe(startingAt first: UInt32) throws {
        definitions = []
        let tables = try connection.prepare(
            "SELECT name, wr FROM pragma_table_list WHERE schema='main' AND type IN ('table','shadow') AND name NOT LIKE 'sqlite%'")
        while try tables.step() {
            var columns: [TableDefinition.Column] = []
            var rowidColumn: String?
            let name = tables.string(0)
            let isWithoutRowid = tables.integer(1) == 1
            let keyCount = try connection.integer("SELECT count(*) FROM pragma_table_xinfo(?) WHERE pk>0", connection.text(name))
            let list = try connection.prepare("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)")
            try list.bind(1, connection.text(name))
            while try list.step() {
                if list.integer(3) != 0 { continue }
                if !isWithoutRowid, list.string(1).uppercased() == "INTEGER", list.integer(2) == 1, keyCount == 1 {
                    rowidColumn = list.string(0)
                } else {
                    columns.append(.init(name: list.string(0), type: list.string(1), keyPosition: Int(list.integer(2))))
                }
            }
            definitions.append(
                TableDefinition(
                    id: first + UInt32(definitions.count), name: name, isWithoutRowid: isWithoutRowid, rowidColumn: rowidColumn,
                    rowidName: isWithoutRowid ? nil : rowidColumn ?? "_rowid_", columns: columns))
        }
    }

    func definition(_ name: String) throws -> TableDefinition {
        try #require(definitions.first { $0.name == name })
    }

    typealias State = [UInt32: [[Value]: [Value]]]

    func state() throws -> State {
        var state: State = [:]
        for definition in definitions {
            let rowid = definition.isWithoutRowid ? [] : [definition.rowidName ?? ""]
            let names = (rowid + definition.columns.map(\.name)).map(SQLText.quoted).joined(separator: ",")
            let select = try connection.prepare("SELECT \(names) FROM \(SQLText.quoted(definition.name)) NOT INDEXED")
            var rows: [[Value]: [Value]] = [:]
            while try select.step() {
                let values = (0..<select.columnCount).map { select.value($0) }
                if definition.isWithoutRowid {
                    rows[definition.keyColumns.map { values[$0] }] = values
                } else {
                    rows[[values[0]]] = Array(values.dropFirst())
                }
            }
            state[definition.id] = rows
        }
        return state
    }

    /// AUTOINCREMENT counters, nil for a table that has none.
    private func sequences() throws -> [String: Int64] {
        guard try connection.integer("SELECT 1 FROM sqlite_schema WHERE name='sqlite_sequence'") == 1 else { return [:] }
        let select = try connection.prepare("SELECT name, seq FROM sqlite_sequence")
        var found: [String: Int64] = [:]
        while try select.step() { found[select.string(0)] = select.integer(1) }
        return found
    }

    /// Runs `body` and records what it changed: one operation for each row, in random order.
    /// - Parameter isConsistentPoint: whether the state afterwards is known as a committed one.
    func record(isConsistentPoint: Bool = true, _ body: () throws -> Void) throws {
        let before = try state()
        let countersBefore = try sequences()
        try body()
        let after = try state()
        let counters = try sequences()
        var found: [Recorded] = []
        for definition in definitions where counters[definition.name] != countersBefore[definition.name] {
            let old = countersBefore[definition.name].map { Value.integer($0) } ?? .null
            let new = counters[definition.name].map { Value.integer($0) } ?? .null
            found.append(Recorded(.saveSequence, table: definition.id, old: [old], new: [new]))
        }
        for definition in definitions {
            let old = before[definition.id] ?? [:]
            let new = after[definition.id] ?? [:]
            for (key, row) in old {
                guard let changed = new[key] else {
                    found.append(Recorded(.deletion, table: definition.id, key: key, old: row))
                    continue
                }
                if changed == row { continue }
                let target = zip(row, changed).map { $0 == $1 ? Value.same : $1 }
                // Large values that did not change are sometimes left out.
                let source = zip(row, target).map { old, new in
                    if new == .same, case .text = old, Bool.random() { Value.same } else { old }
                }
                found.append(Recorded(.modification, table: definition.id, key: key, old: source, new: target))
            }
            for (key, row) in new where old[key] == nil {
                found.append(Recorded(.addition, table: definition.id, key: key, new: row))
            }
        }
        found.shuffle()
        if let last = found.indices.last {
            found[last].isConsistentPoint = isConsistentPoint
            operations += found
        }
    }

    /// Applies `operations` to a database, forwards or backwards, in one transaction.
    func apply(
        _ direction: Applier.Direction, to connection: Connection, expectation: Applier.Expectation = .strict,
        observe: Applier.Observer? = nil
    ) throws {
        let applier = try Applier(connection, direction, expectation: expectation, observe: observe)
        for definition in definitions { applier.define(definition) }
        try connection.transaction("IMMEDIATE") {
            if direction == .redo {
                for operation in operations {
                    try operation.apply(applier)
                    if operation.isConsistentPoint { try applier.finish() }
                }
            } else {
                for operation in operations.reversed() {
                    // Backwards, the state before the operation behind a consistent point is one.
                    if operation.isConsistentPoint { try applier.finish() }
                    try operation.apply(applier)
                }
            }
            try applier.finish()
        }
        try applier.close()
    }
}

/// A folder with databases, removed at the end.
final class Bench {
    let folder: String

    init() {
        var template = Array("/tmp/msc-test-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
    }

    deinit {
        for name in ["a.db", "b.db"] { for tail in ["", "-journal", "-wal", "-shm"] { unlink("\(folder)/\(name)\(tail)") } }
        rmdir(folder)
    }

    /// A database made of `sql`, opened for writing.
    func database(_ name: String, _ sql: String) throws -> Connection {
        try { try Connection("\(folder)/\(name).db", .create).execute(sql) }()
        let connection = try Connection("\(folder)/\(name).db", .write)
        try connection.execute("PRAGMA synchronous=OFF")
        return connection
    }
}

extension Bench {
    /// Copies the file of a database that is in rollback-journal mode and at rest.
    func copy(_ name: String, to copy: String) throws -> Connection {
        let source = try #require(fopen("\(folder)/\(name).db", "r"))
        let target = try #require(fopen("\(folder)/\(copy).db", "w"))
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&bytes, 1, bytes.count, source)
            if count == 0 { break }
            fwrite(bytes, 1, count, target)
        }
        fclose(source)
        fclose(target)
        let connection = try Connection("\(folder)/\(copy).db", .write)
        try connection.execute("PRAGMA synchronous=OFF")
        return connection
    }
}

/// Rowids and counters count as well.
let everything = ContentDigest(rowids: .all, includesSequences: true)
