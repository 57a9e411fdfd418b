// Operations as text, JSON, CSV and SQL: damage is told in each of them, and what no statement can make is a comment.

import EngineSupport
import FileSystem
import FoundationEssentials
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("Operations as text")
struct ActivityTextTests {
    private func lines(_ path: String, _ format: OperationFormat, _ change: (inout ActivityQuery) -> Void = { _ in }) throws -> [String] {
        var query = ActivityQuery()
        change(&query)
        var lines: [String] = []
        let count = try Activity(path, .test, query, Job()).lines(query, format, writesBlobs: false, Job()) { lines.append($0) }
        #expect(Int(count) == lines.count)
        return lines
    }

    private func number(_ line: String) -> UInt64? { line.split(separator: " ").first.flatMap { UInt64($0) } }

    @Test("the newest so many come oldest first; with a beginning they are the first so many; an undo script has them newest first")
    func newest() throws {
        let logs = try SampleLogs()
        let path = try logs.add(1...60)
        #expect(try lines(path, .text) { $0.limit = 3 }.map(number) == [58, 59, 60])
        #expect(try lines(path, .text) { $0.limit = 3; $0.actions = [.deletion] }.map(number) == [39, 49, 59])
        #expect(try lines(path, .text) { $0.limit = 3; $0.from = 7 }.map(number) == [7, 8, 9])
        let undo = try lines(path, .undoSQL) { $0.limit = 2; $0.to = 19 }
        #expect(undo.count == 2 && undo[0].hasPrefix("INSERT INTO \"Item\"") && undo[1].hasPrefix("UPDATE \"Item\" SET \"price\"=4.5"), "\(undo)")
    }

    @Test("a range whose ends are swapped is error 1519 and names the options")
    func swapped() throws {
        let logs = try SampleLogs()
        let log = try logs.add(1...5)
        let numbers = #expect(throws: Failure.self) { try lines(log, .text) { $0.from = 4; $0.to = 3 } }
        #expect(numbers?.code == .badValue && numbers?.message == "--from lies after --to" && numbers?.hint == "Swap the two values.")
        let times = #expect(throws: Failure.self) { try lines(log, .text) { $0.since = 4; $0.until = 3 } }
        #expect(times?.message == "--since lies after --until")
    }

    @Test("I8: damage is told where it is, in every format")
    func damage() throws {
        let logs = try SampleLogs()
        let path = try logs.add(1...20)
        try logs.append(21...40, to: path)
        let file = try File(path, .read)
        var bytes = [UInt8](repeating: 0, count: Int(try file.size()))
        _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        let block = try #require((0..<bytes.count - 8).first { Array(bytes[$0..<$0 + 5]) == Array("MSCB".utf8) + [1] })
        bytes[block + 160] ^= 0x10
        try Publication.write(bytes, to: path)
        let text = try lines(path, .text)
        #expect(text.count == 21)
        let reason = try #require(text[0].split(separator: ": ", maxSplits: 1).last)
        #expect(text[0] == "!! operations 1 to 20 are damaged in \(path): \(reason)" && !reason.isEmpty)
        for format in [OperationFormat.json, .jsonl] {
            let json = try lines(path, format)
            #expect(json.count == 21 && json[0] == "{\"damage\":{\"log\":\"\(path)\",\"from\":1,\"to\":20,\"reason\":\"\(reason)\"}}")
        }
        #expect(try lines(path, .csv)[0] == ",damage,,,,,,,,\"operations 1 to 20 are damaged: \(reason)\"\r\n")
        #expect(try lines(path, .redoSQL)[0] == "-- operations 1 to 20 are damaged in \(path): \(reason)\n")
        #expect(try lines(path, .undoSQL).last == "-- operations 1 to 20 are damaged in \(path): \(reason)\n")
    }

    @Test("bytes in JSON are what every other program calls base64, and a text cannot drive a terminal")
    func json() {
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 200) }
            #expect(JSONText.base64(bytes) == Data(bytes).base64EncodedString())
        }
        #expect(JSONText.string("a\u{1b}[2J\"\\\n\t\u{7f}é") == #""a\u001b[2J\"\\\n\t\u007fé""#)
    }

    // MARK: SQL

    private func operation(_ action: Action, table: UInt32 = 0, key: [Value] = [], old: [Value] = [], new: [Value] = []) -> OwnedOperation {
        func bytes(_ values: [Value]) -> [UInt8] {
            var buffer = ValueBuffer()
            for value in values { buffer.append(value) }
            return buffer.bytes
        }
        let (key, old, new) = (bytes(key), bytes(old), bytes(new))
        return key.withUnsafeBytes { key in
            old.withUnsafeBytes { old in
                new.withUnsafeBytes { new in
                    OwnedOperation(
                        Operation(
                            number: 9, action: action, time: 0, position: 9, isConsistentPoint: true, context: 0, table: table, key: key, old: old,
                            new: new))
                }
            }
        }
    }

    private let writer = OperationWriter(encoding: .utf8, writesBlobs: false)

    private func structure(_ type: String, _ name: String, _ old: String?, _ new: String?, isUndo: Bool) -> String {
        let values = [type, name, old, new].map { $0.map { Value.text(Array($0.utf8)) } ?? .null }
        return writer.sql(operation(.structureChange, new: values), nil, isUndo: isUndo)
    }

    @Test("what was made is made and what was removed is removed; a table that changed, or whose rows would go, is left to a person")
    func structures() {
        let table = "CREATE TABLE t(a)"
        let index = "create index i on t(a)"
        #expect(structure("table", "t", nil, table, isUndo: false) == table + ";\n")
        #expect(structure("table", "t", table, nil, isUndo: false) == "DROP TABLE IF EXISTS \"t\";\n")
        #expect(structure("table", "t", table, nil, isUndo: true) == table + ";\n")
        #expect(structure("table", "t", nil, table, isUndo: true) == "-- operation 9 changes the table t: change it by hand\n")
        #expect(structure("table", "t", table, "CREATE TABLE t(a,b)", isUndo: false) == "-- operation 9 changes the table t: change it by hand\n")
        #expect(structure("index", "i\"", nil, index, isUndo: true) == "DROP INDEX IF EXISTS \"i\"\"\";\n")
        #expect(structure("index", "i", index, "CREATE INDEX i ON t(b)", isUndo: true) == "DROP INDEX IF EXISTS \"i\";\n\(index);\n")
        #expect(structure("view", "v", nil, "DELETE FROM t", isUndo: false) == "-- operation 9 changes the view v: change it by hand\n")
        #expect(structure("table", "sqlite_stat1", nil, "CREATE TABLE sqlite_stat1(tbl)", isUndo: false) == "")
        #expect(structure("user", "u", nil, table, isUndo: false) == "-- operation 9, structureChange, cannot be written as a statement\n")
        #expect(structure("view", "v\nDROP TABLE t;", nil, "x", isUndo: false) == "-- operation 9 changes the view v\\nDROP TABLE t;: change it by hand\n")
    }

    @Test("a script carries a structure only as one statement that makes it: a forged text could hand the shell commands of its own")
    func gate() {
        let byHand = "-- operation 9 changes the view v: change it by hand\n"
        for forged in [
            "CREATE VIEW v AS SELECT 1;\n.shell touch x\nSELECT 1", "CREATE VIEW v AS SELECT 1; DROP TABLE t", "CREATE VIEW v AS SELECT 1 /* open",
            "CREATE VIEW v AS SELECT 1 -- open", "CREATE VIEW v AS SELECT 'open", "CREATE VIEW v AS SELECT [open", "CREATE VIEW v AS SELECT 1\0;\n.shell x",
            "CREATE VIEW v AS SELECT '\u{1b}[2J'", "CREATE VIEW v AS SELECT 1\r.shell x", "CREATE VIEW v AS SELECT '\u{202e}'",
        ] {
            #expect(structure("view", "v", nil, forged, isUndo: false) == byHand, "\(forged)")
            #expect(structure("view", "v", "CREATE VIEW v AS SELECT 2", forged, isUndo: false) == byHand, "\(forged)")
            #expect(structure("view", "v", forged, nil, isUndo: true) == byHand, "\(forged)")
        }
        #expect(structure("view", "v", nil, "CREATE VIEW v AS SELECT ';' AS \"a;\",\r\n\t1", isUndo: false) == "CREATE VIEW v AS SELECT ';' AS \"a;\",\n\t1;\n")
        let trigger = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 'x;end'; END"
        #expect(structure("trigger", "r", nil, trigger, isUndo: false) == trigger + ";\n")
        let early = "CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; END;\n.shell x\nSELECT 1; END"
        #expect(structure("trigger", "r", nil, early, isUndo: false) == "-- operation 9 changes the trigger r: change it by hand\n")
    }

    @Test("names and values in a script end where they seem to: a quote before a combining mark, a line like a command, an escape sequence")
    func quoting() {
        func sql(_ table: String, _ column: String, _ value: String) -> String {
            let definition = TableDefinition(
                id: 1, name: table, isWithoutRowid: false, rowidColumn: nil, rowidName: "_rowid_", columns: [.init(name: column, type: "", keyPosition: 0)])
            return writer.sql(operation(.addition, table: 1, key: [.integer(1)], new: [.text(Array(value.utf8))]), definition, isUndo: false)
        }
        #expect(sql("t\"\u{301}", "c", "v'\u{301}") == "INSERT INTO \"t\"\"\u{301}\"(\"_rowid_\",\"c\") VALUES(1,'v''\u{301}');\n")
        for value in ["a\n.shell x", "a\n#x", "\u{202e}", "\u{9b}2J", "\0", "\r"] {
            #expect(sql("t", "c", value).contains("CAST(X'"), "\(value)")
        }
        #expect(sql("t", "c", "a\nb.c").hasSuffix("'a\nb.c');\n"))
        for name in ["\u{1b}[2J", "x\0\";\n.shell x\n", "\u{202e}", "\r"] {
            #expect(sql(name, "c", "v") == "-- operation 9, addition, cannot be written as a statement\n")
            #expect(sql("t", name, "v") == "-- operation 9, addition, cannot be written as a statement\n")
        }
    }

    @Test("a CSV cell that a spreadsheet would run begins with an apostrophe, and a number stays a number; csv-exact has none")
    func cells() {
        func csv(_ key: String, isExact: Bool = false) -> String {
            let definition = TableDefinition(
                id: 1, name: "=1+1", isWithoutRowid: true, rowidColumn: nil, rowidName: nil, columns: [.init(name: "k", type: "", keyPosition: 1)])
            let row: [Value] = [.text(Array(key.utf8))]
            return writer.csv(operation(.addition, table: 1, key: row, new: row), definition, nil, isExact: isExact)
        }
        for key in ["=1", "+cmd", "-x", "@SUM(1)", "\tx", "\rx", "--1", "-1+cmd", "-inf"] { #expect(csv(key).hasPrefix("9,addition,'=1+1,'"), "\(key)") }
        for key in ["-5", "+5", "-1.5e-3", "x=1", ""] { #expect(csv(key).hasPrefix("9,addition,'=1+1,\(key),"), "\(key)") }
        #expect(csv("=1", isExact: true).hasPrefix("9,addition,=1+1,=1,"))
        #expect(csv("=\"\u{301}").hasPrefix("9,addition,'=1+1,\"'=\"\"\u{301}\","))
        #expect(csv("\u{1b}\r\u{202e}", isExact: true).contains(#"\x1b\x0d\u202e"#))
    }

    @Test("a text that is not valid in its encoding is marked in JSON, with its bytes where they are asked for")
    func invalidText() {
        let definition = TableDefinition(
            id: 1, name: "t", isWithoutRowid: false, rowidColumn: nil, rowidName: "_rowid_", columns: [.init(name: "c", type: "", keyPosition: 0)])
        let forms: [(TextEncoding, [UInt8])] = [(.utf8, [0x61, 0xff]), (.utf16LittleEndian, [0x61, 0, 0, 0xd8]), (.utf16BigEndian, [0, 0x61, 0x62])]
        for (encoding, bytes) in forms {
            let operation = operation(.addition, table: 1, key: [.integer(1)], new: [.text(bytes)])
            for writesBlobs in [false, true] {
                let json = OperationWriter(encoding: encoding, writesBlobs: writesBlobs).json(operation, definition, nil)
                #expect(json.contains(#"{"c":{"invalidText":"a"#) && json.contains(#""bytes":"\#(JSONText.base64(bytes))""#) == writesBlobs, "\(json)")
            }
        }
        let valid = writer.json(operation(.addition, table: 1, key: [.integer(1)], new: [.text(Array("a\u{fffd}\u{9b}".utf8))]), definition, nil)
        #expect(valid.contains(#"{"c":"a"# + "\u{fffd}" + #"\u009b"}"#))
    }

    @Test("changes that are missing are told; an operation whose values do not fit its table is a comment, not half a statement")
    func missing() {
        let item = SampleLogs.item
        #expect(writer.sql(operation(.gap), nil, isUndo: false) == "-- changes of all tables are missing at operation 9\n")
        #expect(writer.sql(operation(.gap, table: 1), item, isUndo: true) == "-- changes of Item are missing at operation 9\n")
        #expect(writer.sql(operation(.reload, table: 1), item, isUndo: false) == "DELETE FROM \"Item\";\n")
        #expect(writer.sql(operation(.reload, table: 1), item, isUndo: true) == "-- changes of Item are missing at operation 9\n")
        let key: [Value] = [.integer(1)]
        for wrong in [
            operation(.addition, table: 1, key: key, new: [.null]), operation(.addition, table: 1, new: [.null, .null]),
            operation(.modification, table: 1, key: key, old: [.null], new: [.null, .null]),
            operation(.modification, table: 1, key: key, old: [.null, .null], new: [.same, .same]), operation(.deletion, table: 1, old: [.null, .null]),
            operation(.saveSequence, table: 1),
        ] {
            #expect(writer.sql(wrong, item, isUndo: false) == "-- operation 9, \(wrong.action.name), cannot be written as a statement\n")
        }
    }

    @Test("a declared key that is not the rowid is shown by its values, in its own order")
    func declaredKey() {
        let table = TableDefinition(
            id: 1, name: "k", isWithoutRowid: false, rowidColumn: nil, rowidName: "rowid",
            columns: [.init(name: "b", type: "", keyPosition: 2), .init(name: "v", type: ""), .init(name: "a", type: "", keyPosition: 1)])
        let row: [Value] = [.integer(2), .null, .text(Array("one".utf8))]
        #expect(writer.key(operation(.addition, table: 1, key: [.integer(77)], new: row), table) == "one;2")
        #expect(writer.key(operation(.deletion, table: 1, key: [.integer(77)], old: row), table) == "one;2")
        #expect(writer.key(operation(.deletion, table: 1, key: [.integer(77)], old: [.null]), table) == "77")
    }

    @Test("what is no row is shown value by value, each under its place")
    func otherFields() {
        let fields = writer.fields(operation(.saveSequence, table: 1, old: [.integer(4)], new: [.integer(5), .null]), SampleLogs.item)
        #expect(fields.map(\.name) == ["1", "2"] && fields.allSatisfy { $0.isChanged })
        #expect(fields[0].old != nil && fields[0].new != nil && fields[0].old != fields[0].new)
        #expect(fields[1].old == nil && fields[1].new != nil)
        let json = writer.json(operation(.saveSequence, table: 1, old: [.integer(4)], new: [.integer(5), .null]), SampleLogs.item, nil)
        #expect(json.contains(",\"old\":[4],"), "\(json)")
    }

    // MARK: Logs of an application

    @Test("the logs of an application are listed from its current one, and with the earlier ones without a gap")
    func browser() throws {
        let site = try Site(startsLog: false)
        let none = #expect(throws: Failure.self) { _ = try OperationBrowser(currentOf: site.application) }
        #expect(none?.code == .noLog)
        let unread = #expect(throws: Failure.self) { _ = try SharedBrowser().use { $0.lastOperation } }
        #expect(unread?.code == .logMissing)
        try site.add("0")
        _ = try site.start()
        try site.add("a", "b")
        _ = try site.backup()
        try site.add("c")
        _ = try site.drain()
        let browser = try OperationBrowser(currentOf: site.application)
        #expect(browser.firstOperation == 3 && browser.lastOperation == 3)
        #expect(try browser.rows(from: 1, count: 9).map(\.number) == [3])
        for _ in 1...2 { try browser.includeEarlier(of: site.application) }
        #expect(browser.firstOperation == 1 && browser.paths == [site.logBackup(1), site.application.defaultJournal])
        #expect(try browser.rows(from: 1, count: 9).map(\.number) == [1, 2, 3])
    }

    @Test("a log that cannot be brought up to date is shown as far as it goes, with the reason; data without a log are error 1403")
    func warnings() throws {
        let site = try Site(startsLog: false)
        let none = #expect(throws: Failure.self) { _ = try Activity(site.application.data, .test, ActivityQuery(), Job()) }
        #expect(none?.code == .noLog)
        try site.add("0")
        _ = try site.start()
        try site.add("a")
        _ = try site.drain()
        try site.add("b")
        let lock = try OperationLock(.log, for: "backup", on: site.application, site.surroundings)
        defer { withExtendedLifetime(lock) {} }
        let activity = try Activity(site.application.data, .test, ActivityQuery(), Job())
        #expect(activity.warnings.count == 1 && activity.warnings[0].contains("1415") && activity.warnings[0].contains("backup by tests"), "\(activity.warnings)")
        var lines = 0
        _ = try activity.lines(ActivityQuery(), .text, writesBlobs: false, Job()) { _ in lines += 1 }
        #expect(lines == 1)
    }
}
