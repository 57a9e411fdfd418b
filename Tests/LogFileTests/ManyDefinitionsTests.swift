// Definitions of tables for which a log's header has no room.

import Testing
import Vocabulary

@testable import LogFile

@Suite("very many table definitions")
struct ManyDefinitionsTests {
    private let folder: TestFolder
    private var path: String { folder.file("a.journal") }

    init() throws { folder = try TestFolder() }

    private func tables(_ count: Int) -> [TableDefinition] {
        (1...count).map { number in
            var table = Sample.table
            table.id = UInt32(number)
            table.name = "table \(number)"
            return table
        }
    }

    @Test("those that a header has no room for follow it, are known to readers and writers, and go along into a successor")
    func behindTheHeader() throws {
        var header = try Sample.header()
        header.tables = tables(300)
        var writer = try LogWriter.create(path, header: header, room: 300)
        #expect(try LogReader(path).header.tables.isEmpty && LogReader(path).definitions == header.tables)
        for table in header.tables { try writer.define(table) }
        var draft = Draft.row(1)
        draft.table = 299
        try draft.append(to: writer)
        try writer.commit()
        let reader = try LogReader(path)
        #expect(reader.definition(299)?.name == "table 299")
        #expect(try LogCheck.run(path).problems.isEmpty)
        let next = try reader.successorHeader(
            after: 1, number: 1, segment: 0, startTime: 5, structure: [], previousDigest: LogHeader.noDigest)
        writer = try writer.startSuccessor(after: 1, header: next)
        #expect(try LogReader(path).definitions == header.tables)
        #expect(try LogCheck.run(path).problems.isEmpty)
    }

    @Test("more than a log has room for are refused, before anything is there and later: 1408")
    func refused() throws {
        let columns = (0..<7_000).map { TableDefinition.Column(name: String(repeating: "c", count: 900) + "\($0)", type: "", keyPosition: 0) }
        let large = (11...30).map { number in
            var table = Sample.table
            (table.id, table.columns) = (UInt32(number), columns)
            return table
        }
        var header = try Sample.header()
        header.tables = large
        func code(_ body: () throws -> Void) -> ErrorCode? {
            do { try body() } catch { return (error as? Failure)?.code }
            return nil
        }
        #expect(code { try LogHeader.checkRoom(for: Array(large.prefix(18)), path: path) } == nil)
        #expect(code { _ = try LogWriter.create(path, header: header) } == .logSaveFailed)
        #expect(code { _ = try LogReader(path) } == .logMissing)
        // One that no block holds.
        header.tables = [large[0]]
        header.tables[0].columns += columns
        #expect(code { _ = try LogWriter.create(path, header: header) } == .logSaveFailed)
        let writer = try LogWriter.create(path, header: try Sample.header())
        #expect(code { for table in large.prefix(18) { try writer.define(table) } } == nil)
        #expect(code { for table in large { try writer.define(table) } } == .logSaveFailed)
        try Draft.row(1).append(to: writer)
        try writer.commit()
        #expect(try LogReader(path).definitions.count >= 19)
        #expect(try LogCheck.run(path).problems.isEmpty)
    }
}
