// A log whose bytes are sound and that cannot be integrated all the same: what its operations say of a row does not join.

import FileSystem
@testable import LogFile
import Testing
import Vocabulary

@Suite("Operations that do not join")
struct RowFollowerTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let one: [Value] = [.text("a"), .real(1.5), .null]
    private static let two: [Value] = [.text("b"), .real(1.5), .null]
    private static let large: [Value] = [.same, .real(1.5), .null]

    private static func draft(_ action: Action, old: [Value] = [], new: [Value] = [], key: Int64 = 2) -> Draft {
        var draft = Draft.row(2)
        draft.action = action
        draft.key = action.isRecordOperation ? [.integer(key)] : []
        draft.old = old
        draft.new = new
        return draft
    }

    private static let added = draft(.addition, new: one)
    private static let deleted = draft(.deletion, old: one)
    private static let changed = draft(.modification, old: one, new: [.text("b"), .same, .same])

    private func problems(_ drafts: [Draft]) throws -> [String] {
        let report = try check(drafts)
        #expect(report.isSound == report.problems.isEmpty)
        return report.problems.map(\.what)
    }

    private func check(_ drafts: [Draft], defining table: TableDefinition? = nil) throws -> LogCheck.Report {
        let path = folder.file("\(Int.random(in: 0...Int.max)).journal")
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            if let table { try writer.define(table) }
            for draft in drafts { try draft.append(to: writer) }
            try writer.commit()
        }
        return try LogCheck.run(path)
    }

    @Test("I8: a log that cannot be integrated past an operation is damaged, and the operation is named", arguments: [
        ([added, added], "operation 2 (addition) of table 'Item' adds a row that is there already"),
        ([changed, added], "operation 2 (addition) of table 'Item' adds a row that is there already"),
        ([deleted, deleted], "operation 2 (deletion) of table 'Item' changes a row that is not there"),
        ([added, deleted, changed], "operation 3 (modification) of table 'Item' changes a row that is not there"),
        ([added, draft(.deletion, old: two)], "operation 2 (deletion) of table 'Item' changes a row that holds other values"),
        ([added, changed, deleted], "operation 3 (deletion) of table 'Item' changes a row that holds other values"),
        ([added, draft(.modification, old: large, new: [.same, .real(2), .same]), deleted], "operation 3 (deletion) of table 'Item' changes a row that holds other values"),
        ([added, draft(.reload), changed], "operation 3 (modification) of table 'Item' changes a row that is not there"),
    ])
    func contradiction(drafts: [Draft], what: String) throws {
        let found = try problems(drafts)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix(what) == true, "\(found)")
    }

    @Test("operations that join are none, and nothing is held against what a gap hides or a reload told anew", arguments: [
        [added, deleted, added, changed, draft(.deletion, old: two)], [deleted, added], [changed, draft(.deletion, old: two)],
        [added, draft(.modification, old: large, new: [.same, .real(2), .same]), draft(.deletion, old: [.text("a"), .real(2), .null])],
        [added, draft(.gap), added], [deleted, draft(.gap), deleted], [added, draft(.reload), added], [added, draft(.addition, new: one, key: 3)],
    ])
    func joined(drafts: [Draft]) throws {
        #expect(try problems(drafts) == [])
    }

    private static func renaming(_ former: Value) -> Draft {
        draft(.structureChange, new: [.text("table"), .text("Item"), .text("a"), .text("b"), former])
    }

    @Test("I8: an operation that does not fit is passed over where its table is logged anew later, and counted", arguments: [
        [added, added, draft(.reload), added], [deleted, deleted, draft(.reload)], [added, renaming(.text("x")), added, draft(.reload)],
    ])
    func passedOver(drafts: [Draft]) throws {
        let report = try check(drafts)
        #expect(report.problems == [] && report.passedOver == 1)
        #expect(try problems([Self.added, Self.draft(.reload), Self.added, Self.added]).count == 1)
    }

    @Test("I8: the same where the table has another definition by then, unless its name may be another table's", arguments: [
        ([renaming(.null)], 0), ([], 0), ([renaming(.text("x"))], 1),
    ])
    func redefined(between: [Draft], faults: Int) throws {
        var reload = Self.draft(.reload)
        reload.table = 9
        var table = Sample.table
        table.id = 9
        let report = try check([Self.added, Self.added] + between + [reload], defining: table)
        #expect(report.problems.count == faults && report.passedOver == 1 - faults)
    }

    /// A log that adds rows 1 to `count`, then takes `last`.
    private func log(_ count: Int64, _ last: Draft...) throws -> BlockMap {
        let path = folder.file("\(Int.random(in: 0...Int.max)).journal")
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            for key in 1...count { try Self.draft(.addition, new: Self.one, key: key).append(to: writer) }
            for draft in last { try draft.append(to: writer) }
            try writer.commit()
        }
        return try BlockMap(try OpenLog(path, .read, repairing: false))
    }

    @Test("I8: with room for a few rows at a time, the log is read again for the others, and no contradiction is missed")
    func passes() throws {
        for key in Int64(1)...40 {
            let report = try LogChecker(log(40, Self.draft(.addition, new: Self.one, key: key)), room: 4).run(nil)
            #expect(report.problems.map(\.what).count == 1 && report.problems[0].what.contains("adds a row that is there already"), "key \(key)")
        }
        let report = try LogChecker(log(40, Self.draft(.deletion, old: Self.one, key: 7)), room: 4).run(nil)
        #expect(report.isSound && report.rowsFollowed == 1)
    }

    @Test("rows that were not followed are counted: the check does not say more than it did")
    func notFollowed() throws {
        let report = try LogChecker(log(200), room: 4, mostPasses: 2).run(nil)
        #expect(report.isSound && report.rowsFollowed > 0 && report.rowsFollowed < 0.5)
        #expect(try LogChecker(log(200), room: 200, mostPasses: 1).run(nil).rowsFollowed == 1)
    }
}
