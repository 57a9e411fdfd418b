// Logs written without a database: many operations of a known pattern, in one log or in several that follow each other.

import FileSystem
import FoundationEssentials
import Glibc
import LogFile
import Synchronization
import Testing
import Vocabulary

@testable import Engine

/// A folder with logs of table `Item`: operation n is an addition, a modification (n % 3 == 0) or a deletion (n % 10 == 9) of row
/// n % 100, one per second, every fifth one a consistent point.
final class SampleLogs {
    static let start: Int64 = 1_700_000_000_000
    let folder: String
    private(set) var paths: [String] = []

    static let item = TableDefinition(
        id: 1, name: "Item", isWithoutRowid: false, rowidColumn: "id", rowidName: "id",
        columns: [.init(name: "name", type: "TEXT"), .init(name: "price", type: "REAL")])
    static let rare = TableDefinition(
        id: 2, name: "Rare", isWithoutRowid: false, rowidColumn: "id", rowidName: "id", columns: [.init(name: "text", type: "TEXT")])
    static let anna = Context(process: "app", processID: 42, user: "anna", host: "box", purpose: "import")

    init() throws {
        var template = Array("/tmp/msc-activity-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static func action(_ number: UInt64) -> Action { number % 10 == 9 ? .deletion : number % 3 == 0 ? .modification : .addition }
    static func isRare(_ number: UInt64) -> Bool { number % 1000 == 500 }

    /// Adds a log with so many operations.
    @discardableResult
    func add(_ numbers: ClosedRange<UInt64>) throws -> String {
        let path = "\(folder)/\(numbers.lowerBound).journal"
        let writer = try LogWriter.create(
            path,
            header: LogHeader(
                application: try #require(Identity("00112233-4455-6677-8899-aabbccddeeff")),
                chain: try #require(Identity("0f0e0d0c-0b0a-0908-0706-050403020100")),
                firstOperation: numbers.lowerBound, startPosition: Int64(numbers.lowerBound) - 1,
                startTime: SampleLogs.start + Int64(numbers.lowerBound) * 1000, structure: [], tables: [SampleLogs.item, SampleLogs.rare]))
        paths.append(path)
        try append(numbers, to: writer)
        return path
    }

    func append(_ numbers: ClosedRange<UInt64>, to path: String) throws { try append(numbers, to: try LogWriter(opening: path)) }

    private func append(_ numbers: ClosedRange<UInt64>, to writer: LogWriter) throws {
        let anna = try writer.register(SampleLogs.anna)
        for number in numbers {
            let isRare = SampleLogs.isRare(number)
            let action = SampleLogs.action(number)
            let row: [Value] = isRare ? [.text(Array("rare \(number)".utf8))] : [.text(Array("name \(number)".utf8)), .real(Double(number) / 4)]
            let key = SampleLogs.bytes([.integer(Int64(number % 100))])
            let old = SampleLogs.bytes(action == .addition ? [] : row)
            let new = SampleLogs.bytes(action == .deletion ? [] : action == .addition ? row : isRare ? [.text([0x78])] : [.same, .real(1)])
            try key.withUnsafeBytes { key in
                try old.withUnsafeBytes { old in
                    try new.withUnsafeBytes { new in
                        _ = try writer.append(
                            Operation(
                                action: action, time: SampleLogs.start + Int64(number) * 1000, position: Int64(number),
                                isConsistentPoint: number % 5 == 0, context: number % 7 == 0 ? anna : 0, table: isRare ? 2 : 1, key: key,
                                old: old, new: new))
                    }
                }
            }
        }
        try writer.commit()
    }

    private static func bytes(_ values: [Value]) -> [UInt8] {
        var buffer = ValueBuffer()
        for value in values { buffer.append(value) }
        return buffer.bytes
    }
}

/// A clock that a look moves on.
final class Ticking: Sendable {
    private let time = Mutex<Int64>(0)
    func next() -> Int64 {
        time.withLock {
            $0 += 1
            return $0
        }
    }
}

enum LogFileDescriptors {
    /// Descriptors of this process that are open on sample logs.
    static func count() throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").filter {
            ((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) ?? "").contains("/tmp/msc-activity-")
        }.count
    }
}
