import LogFile
import Testing
import Vocabulary

@Suite("Filters find what a plain search would find")
struct FilterTests {
    static let start: Int64 = 1_700_000_000_000

    /// A log of random operations of four tables, and the same operations in memory.
    static func log(encoding: TextEncoding, seed: UInt64) throws -> (folder: TestFolder, path: String, drafts: [Draft]) {
        let folder = try TestFolder()
        let path = folder.file("a.journal")
        var header = try Sample.header()
        header.encoding = encoding
        header.tables = (1...4).map {
            TableDefinition(id: $0, name: "Table\($0)", isWithoutRowid: false, rowidColumn: nil, rowidName: "rowid", columns: [])
        }
        var chance = SplitMix(state: seed)
        var drafts = RoundTripTests.randomDrafts(1_500, seed: seed)
        for index in drafts.indices where index % 3 == 0 {
            let words = ["Hello", "WORLD", "grün", "12 apples", "x"].shuffled(using: &chance)
            drafts[index].new = [.text(encoding.encode(words.joined(separator: "-"))), .integer(Int64(index * 7)), .real(Double(index) / 8)]
        }
        for index in drafts.indices where index % 5 == 0 { drafts[index].key = [.integer(Int64(index % 50))] }
        let writer = try LogWriter.create(path, header: header)
        for user in ["anna", "bill", "cleo"] { _ = try writer.register(Context(process: "app", processID: 1, user: user, host: "box")) }
        for (index, draft) in drafts.enumerated() {
            try draft.append(to: writer)
            if index % 100 == 99 { try writer.commit() }
        }
        try writer.commit()
        return (folder, path, drafts)
    }

    /// The slow and obvious way.
    static func holds(_ value: Value, _ text: String, _ encoding: TextEncoding) -> Bool {
        func fold(_ bytes: [UInt8]) -> [UInt8] { bytes.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 } }
        func contains(_ bytes: [UInt8], _ part: [UInt8], step: Int = 1) -> Bool {
            guard bytes.count >= part.count else { return false }
            return stride(from: 0, through: bytes.count - part.count, by: step).contains { Array(bytes[$0..<$0 + part.count]) == part }
        }
        return switch value {
        case .text(let bytes): contains(fold(bytes), fold(encoding.encode(text)), step: encoding == .utf8 ? 1 : 2)
        case .blob(let bytes): contains(fold(bytes), fold(encoding.encode(text)))
        case .integer(let integer): contains(Array(String(integer).utf8), fold(Array(text.utf8)))
        case .real(let real): contains(fold(Array(String(describing: real).utf8)), fold(Array(text.utf8)))
        case .null, .same: false
        }
    }

    @Test("text is found without regard to case, in texts, blobs and numbers as displayed", arguments: [TextEncoding.utf8, .utf16LittleEndian, .utf16BigEndian])
    func text(encoding: TextEncoding) throws {
        let (folder, path, drafts) = try Self.log(encoding: encoding, seed: 11)
        for needle in ["hello", "HELLO-w", "grün", "word 1", "12", "123", "-", "0.5", "7", "e-1", "99999", "nowhere", "inf", "1005", "x", "[0"] {
            var filter = Filter()
            filter.text = needle
            let expected = drafts.indices.filter { index in
                (drafts[index].key + drafts[index].old + drafts[index].new).contains { Self.holds($0, needle, encoding) }
            }.map { UInt64($0 + 1) }
            let found = try everything(path, filter: filter)
            #expect(found.operations.map(\.number) == expected, "searching \(needle) in \(encoding)")
            #expect(found.damage.isEmpty)
        }
        withExtendedLifetime(folder) {}
    }

    @Test("tables, actions, key, numbers, times and contexts each narrow the list, in both directions")
    func conditions() throws {
        let (folder, path, drafts) = try Self.log(encoding: .utf8, seed: 12)
        func check(_ filter: Filter, _ condition: (Int, Draft) -> Bool) throws {
            let expected = drafts.indices.filter { condition($0 + 1, drafts[$0]) }.map { UInt64($0 + 1) }
            #expect(try everything(path, filter: filter).operations.map(\.number) == expected)
            #expect(try everything(path, reverse: true, filter: filter).operations.map(\.number) == expected.reversed())
            #expect(!expected.isEmpty)
        }
        var filter = Filter()
        #expect(filter == Filter())
        filter.tables = ["TABLE2", "table3"]
        try check(filter) { [2, 3].contains($1.table) }
        filter.text = "hello"
        try check(filter) { _, draft in
            [2, 3].contains(draft.table) && (draft.key + draft.old + draft.new).contains { Self.holds($0, "hello", .utf8) }
        }
        filter = Filter()
        filter.actions = [.deletion, .gap]
        try check(filter) { $1.action == .deletion || $1.action == .gap }
        filter = Filter()
        filter.key = "35"
        try check(filter) { $1.key == [.integer(35)] || $1.key == [.text("35")] }
        filter = Filter()
        filter.operations = 300...420
        try check(filter) { number, _ in (300...420).contains(number) }
        filter = Filter()
        filter.times = Self.start - 100...Self.start + 5_000
        try check(filter) { (Self.start - 100...Self.start + 5_000).contains($1.time) }
        filter = Filter()
        filter.context = "BILL@"
        try check(filter) { $1.context == 2 }
        filter = Filter()
        filter.tables = ["no such table"]
        #expect(try everything(path, filter: filter).operations.isEmpty)
        withExtendedLifetime(folder) {}
    }

    @Test("a Stop ends a walk with 1406, enough ends it quietly")
    func ends() throws {
        let (folder, path, _) = try Self.log(encoding: .utf8, seed: 13)
        let reader = try LogReader(path)
        var count = 0
        try reader.forEach(damage: { _ in }) { _ in
            count += 1
            return count < 5 ? .next : .enough
        }
        #expect(count == 5)
        let job = Job()
        job.stop()
        do {
            try reader.forEach(job: job, damage: { _ in }) { _ in .next }
            Issue.record("not stopped")
        } catch { #expect(error.code == .stopped) }
        withExtendedLifetime(folder) {}
    }
}
