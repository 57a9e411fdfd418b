import Glibc
import LogFile
import Testing
import Vocabulary

@Suite("The bytes are those of docs/formats/journal.md")
struct GoldenTests {
    /// The hexadecimal of the document's example.
    static func documented() throws -> [UInt8] {
        let document = String(decoding: try readAll(documentPath), as: UTF8.self)
        let example = try #require(document.components(after: "## Example"))
        let block = try #require(example.components(after: "```text\n")).prefix { $0 != "`" }
        var bytes: [UInt8] = []
        for line in block.split(separator: "\n") {
            // Offset, two blanks, bytes, two blanks, remark.
            let parts = line.split(separator: "|", omittingEmptySubsequences: false)
            for digits in parts[1].split(separator: " ") { bytes.append(try #require(UInt8(digits, radix: 16))) }
        }
        return bytes
    }

    static let documentPath = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/docs/formats/journal.md"

    /// What the example says it is.
    static func write(to path: String) throws {
        var header = try Sample.header()
        header.structure = ["CREATE TABLE Item(id INTEGER PRIMARY KEY, name, price)"]
        header.tables = [
            TableDefinition(
                id: 1, name: "Item", isWithoutRowid: false, rowidColumn: "id", rowidName: "id",
                columns: [.init(name: "name", type: ""), .init(name: "price", type: "")])
        ]
        let writer = try LogWriter.create(path, header: header)
        var first = Draft()
        first.context = try writer.register(Context(process: "app", processID: 42, user: "anna", host: "box"))
        first.key = [.integer(7)]
        first.new = [.text("lamp"), .real(12.5)]
        try first.append(to: writer)
        var second = first
        second.action = .modification
        second.time += 250
        second.position = 3
        second.isConsistentPoint = true
        second.old = first.new
        second.new = [.same, .real(0.1 + 0.2)]
        try second.append(to: writer)
        try writer.seal()
    }

    @Test("the writer gives the document's example, byte for byte")
    func golden() throws {
        let folder = try TestFolder()
        try Self.write(to: folder.file("a"))
        let bytes = try readAll(folder.file("a"))
        #expect(bytes == (try Self.documented()))
    }

    @Test("the document's example reads as it says")
    func reading() throws {
        let folder = try TestFolder()
        try writeAll(try Self.documented(), to: folder.file("a"))
        #expect(try LogCheck.run(folder.file("a")).problems.isEmpty)
        let found = try everything(folder.file("a")).operations
        #expect(found.map(\.action) == [.addition, .modification])
        #expect(found.map(\.new) == [[.text("lamp"), .real(12.5)], [.same, .real(0.30000000000000004)]])
        #expect(found.map(\.isConsistentPoint) == [false, true])
    }
}

extension String {
    fileprivate func components(after mark: String) -> Substring? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(mark) { return self[index(start, offsetBy: mark.count)...] }
            start = index(after: start)
        }
        return nil
    }
}

extension Substring {
    fileprivate func components(after mark: String) -> Substring? { String(self).components(after: mark) }
}
