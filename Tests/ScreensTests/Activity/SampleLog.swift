// A log of a dozen operations that people can follow, and longer ones for what long lists do.

import Engine
import FoundationEssentials
import Glibc
import LogFile
import Testing
import Vocabulary

@testable import Screens

/// A folder with logs that goes with the test.
final class SampleLog {
    let folder: String
    let path: String

    static let invoice = TableDefinition(
        id: 1, name: "invoice", isWithoutRowid: false, rowidColumn: "id", rowidName: "id",
        columns: [
            .init(name: "customer", type: "TEXT"), .init(name: "total", type: "REAL"), .init(name: "note", type: "TEXT"), .init(name: "scan", type: "BLOB"),
        ])
    static let customer = TableDefinition(
        id: 2, name: "customer", isWithoutRowid: false, rowidColumn: "id", rowidName: "id",
        columns: [.init(name: "name", type: "TEXT"), .init(name: "city", type: "TEXT")])
    static let app = Context(process: "shop", processID: 812, user: "anna", host: "web1")

    /// One operation, a second after the one before.
    struct Entry {
        var action: Action
        var table: UInt32 = 0
        var key: Int64 = 0
        var old: [Value] = []
        var new: [Value] = []
        var isPoint = true
        var isKnown = false
    }

    static let story: [Entry] = [
        Entry(action: .addition, table: 2, key: 1, new: [text("Ada"), text("Paris")]),
        Entry(action: .addition, table: 2, key: 2, new: [text("商店 東京"), text("東京")]),
        Entry(action: .startTransaction, isPoint: false, isKnown: true),
        Entry(action: .addition, table: 1, key: 1, new: [text("Ada"), .real(100), .null, .blob([1, 2, 3])], isPoint: false, isKnown: true),
        Entry(action: .addition, table: 1, key: 2, new: [text("Ada"), .real(7.5), text("tab\there \u{1B}[31mred"), .null], isPoint: false, isKnown: true),
        Entry(action: .validateTransaction, isKnown: true),
        Entry(
            action: .modification, table: 1, key: 1, old: [text("Ada"), .real(100), .null, .blob([1, 2, 3])],
            new: [.same, .real(120.25), text("first\nsecond"), .blob(Array(0...40))]),
        Entry(action: .modification, table: 2, key: 2, old: [text("商店 東京"), text("東京")], new: [.same, text("大阪")], isPoint: false),
        Entry(action: .deletion, table: 1, key: 2, old: [text("Ada"), .real(7.5), text("tab\there \u{1B}[31mred"), .null]),
        Entry(action: .addition, table: 1, key: 3, new: [text("Bob"), .real(1), text(String(repeating: "long ", count: 200)), .null]),
        Entry(action: .saveSequence, table: 1, old: [.integer(2)], new: [.integer(3)]),
        Entry(action: .deletion, table: 2, key: 1, old: [text("Ada"), text("Paris")]),
    ]

    static func text(_ string: String) -> Value { .text(Array(string.utf8)) }

    /// - Parameter first: the number of the first operation: the logs before are not there.
    init(_ entries: [Entry] = story, from first: UInt64 = 1) throws {
        _ = Scene.log()
        var template = Array("/tmp/msc-screens-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
        path = "\(folder)/SampleDB.journal"
        let writer = try LogWriter.create(
            path,
            header: LogHeader(
                application: try #require(Identity("00112233-4455-6677-8899-aabbccddeeff")),
                chain: try #require(Identity("0f0e0d0c-0b0a-0908-0706-050403020100")), firstOperation: first, startTime: Scene.now - 60_000,
                tables: [SampleLog.invoice, SampleLog.customer]))
        try append(entries, to: writer, from: Int(first))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func append(_ entries: [Entry], from number: Int) throws { try append(entries, to: try LogWriter(opening: path), from: number) }

    private func append(_ entries: [Entry], to writer: LogWriter, from number: Int) throws {
        let app = try writer.register(SampleLog.app)
        for (index, entry) in entries.enumerated() {
            let key = SampleLog.bytes(entry.action.isRecordOperation ? [.integer(entry.key)] : [])
            let (old, new) = (SampleLog.bytes(entry.old), SampleLog.bytes(entry.new))
            try key.withUnsafeBytes { key in
                try old.withUnsafeBytes { old in
                    try new.withUnsafeBytes { new in
                        _ = try writer.append(
                            Operation(
                                action: entry.action, time: Scene.now - 60_000 + Int64(number + index) * 1000, position: Int64(number + index),
                                isConsistentPoint: entry.isPoint, context: entry.isKnown ? app : 0, table: entry.table, key: key, old: old, new: new))
                    }
                }
            }
        }
        try writer.commit()
    }

    /// So many additions of invoices, every tenth one a deletion of a customer; every fifth operation is a point.
    static func many(_ count: Int) -> [Entry] {
        (1...count).map { (number: Int) -> Entry in
            if number % 10 == 0 { return Entry(action: .deletion, table: 2, key: Int64(number), old: [text("c\(number)"), .null]) }
            return Entry(action: .addition, table: 1, key: Int64(number), new: [text("n\(number)"), .real(1), .null, .null], isPoint: number % 5 == 0)
        }
    }

    private static func bytes(_ values: [Value]) -> [UInt8] {
        var buffer = ValueBuffer()
        for value in values { buffer.append(value) }
        return buffer.bytes
    }
}

enum FileContents {
    static func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }
}
