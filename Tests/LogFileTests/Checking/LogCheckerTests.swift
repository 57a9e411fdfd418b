// Operations are held against the definition that they name: what a restore would refuse, the check sees first.

import LogFile
import Testing
import Vocabulary

@Suite("Operations and their definitions")
struct LogCheckerTests {
    let folder: TestFolder

    init() throws { folder = try TestFolder() }

    private static let row: [Value] = [.text("a"), .real(1.5), .null]
    private static let short: [Value] = [.text("a"), .real(1.5)]
    private static let key: [Value] = [.integer(2)]

    private static func draft(_ action: Action, key: [Value] = key, old: [Value] = [], new: [Value] = []) -> Draft {
        var draft = Draft.row(2)
        draft.action = action
        draft.key = key
        draft.old = old
        draft.new = new
        return draft
    }

    private func problems(_ draft: Draft) throws -> [LogCheck.Problem] {
        let path = folder.file("\(Int.random(in: 0...Int.max)).journal")
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            try Draft.row(1).append(to: writer)
            try draft.append(to: writer)
            try writer.commit()
        }
        return try LogCheck.run(path).problems
    }

    @Test("an operation whose key or images have another number of values than its table is a problem, with its number", arguments: [
        draft(.addition, new: short), draft(.addition, new: row + [.null]), draft(.addition, key: [], new: row), draft(.addition, key: key + key, new: row),
        draft(.addition, old: row, new: row), draft(.deletion, old: short), draft(.deletion, old: row, new: row), draft(.modification, old: row, new: short),
        draft(.modification, old: [], new: row), draft(.modification, key: [], old: row, new: row), draft(.saveSequence, key: [], new: [.integer(1)]),
        draft(.addition, new: [.text(String(repeating: "x", count: 2 << 20))]),
    ])
    func counts(_ draft: Draft) throws {
        let problems = try problems(draft)
        #expect(problems.map(\.what) == ["operation 2 does not fit table definition 1: it has another number of values"])
    }

    @Test("operations that fit are none", arguments: [
        draft(.addition, new: row), draft(.deletion, old: row), draft(.modification, old: row, new: [.same, .same, .integer(1)]),
        draft(.saveSequence, key: [], old: [.null], new: [.integer(1)]), draft(.reload, key: []), draft(.gap, key: []),
        draft(.addition, new: [.text(String(repeating: "x", count: 2 << 20)), .null, .null]),
    ])
    func fitting(_ draft: Draft) throws {
        #expect(try problems(draft) == [])
    }

    @Test("the key of a WITHOUT ROWID table has its key columns")
    func keyed() throws {
        var header = try Sample.header()
        header.tables = [
            TableDefinition(
                id: 1, name: "k", isWithoutRowid: true, rowidColumn: nil, rowidName: nil,
                columns: [.init(name: "a", type: "", keyPosition: 2), .init(name: "b", type: ""), .init(name: "c", type: "", keyPosition: 1)])
        ]
        for (key, isSound) in [(Self.key, false), (Self.key + Self.key, true)] {
            let path = folder.file("\(key.count).journal")
            do {
                let writer = try LogWriter.create(path, header: header)
                try Self.draft(.addition, key: key, new: Self.row).append(to: writer)
                try writer.commit()
            }
            #expect(try LogCheck.run(path).isSound == isSound)
        }
    }
}
