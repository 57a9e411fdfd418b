// Makes logs that are whole by every checksum and mean harm: structure that reaches out, tables of ours, identifiers given twice,
// positions and times out of order, counts and lengths that lie. docs/formats/journal.md tells the form.

import FileSystem

struct HostileLog {
    private var choices: Choices
    private var log: [UInt8] = []
    private var digest = [UInt8](repeating: 0, count: 32)
    private var next: UInt64 = 1
    private var position: Int64 = 0
    private var time: Int64 = 1_700_000_000_000
    private var lastIndex: UInt64 = 0
    private var lastDefinitions: UInt64 = 0
    private var summaries: [[UInt8]] = []

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var log = HostileLog(choices: Choices(bytes))
        log.writeHeader()
        for _ in 0..<log.choices.below(14) { log.writeBlock() }
        if log.choices.once(in: 2) {
            log.writeIndex()
            log.write(4, [], flags: 4)
        }
        return log.log
    }

    private init(choices: Choices) { self.choices = choices }

    // MARK: Header

    private mutating func writeHeader() {
        var body: [UInt8] = []
        let statements = (0..<choices.below(4)).map { _ in structure() }
        body.append(varint: choices.number(UInt64(statements.count)))
        for sql in statements { body.append(string: sql) }
        body += definitions()
        next = choices.number(UInt64(1), lying: 12)
        position = choices.number(0, lying: 12)
        time = choices.number(time, lying: 12)
        var header: [UInt8] = [0x89, 0x4d, 0x53, 0x43, 0x4c, 0x0d, 0x0a, 0x1a]
        header.append(little: UInt16(1))
        header.append(little: UInt16(0))
        header.append(little: UInt32(160 + body.count))
        header.append(choices.number(UInt8(1)))
        header += [0, 0, 0]
        for index in 0..<32 { header.append(UInt8(index)) }
        header.append(little: choices.number(UInt32(0), lying: 6))
        header.append(little: choices.number(UInt32(0)))
        header.append(little: next)
        header.append(little: position)
        header.append(little: time)
        header += [UInt8](repeating: 0, count: 32)
        header.append(little: UInt32(body.count))
        header += [UInt8](repeating: 0, count: 36) + body
        header.append(little: header.checksum)
        log = header
        digest = header.withUnsafeBytes { Digest.of($0) }
        write(5, header, flags: 4)
    }

    /// Statements that a log may hold, and such that it may not.
    private mutating func structure() -> String {
        choices.one(of: [
            "CREATE TABLE t(a, b)", "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, price)", "CREATE TABLE w(k PRIMARY KEY, v) WITHOUT ROWID",
            "CREATE TABLE x AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM r) SELECT n FROM r",
            "CREATE TABLE x AS SELECT * FROM _msc_state",
            "CREATE INDEX i ON t(length(hex(zeroblob(400000000))))", "CREATE INDEX i ON t(" + String(repeating: "(",
            count: 900) + "a" + String(repeating: ")", count: 900) + ")",
            "CREATE TABLE g(a, b AS (hex(a)) STORED, CHECK(length(a) < 9))", "CREATE VIEW v AS SELECT 1;\n.shell touch x",
            "CREATE VIEW v AS SELECT 1; DROP TABLE t",
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM t; INSERT INTO _msc_log(k) VALUES(7); END", "CREATE TABLE temp.x(a)",
            "ATTACH '/tmp/x' AS y",
            "CREATE VIRTUAL TABLE f USING fts5(x)", "CREATE VIRTUAL TABLE f USING csv(filename='/etc/passwd')",
            "PRAGMA main.user_version=99999999999999999999", "PRAGMA writable_schema=1",
            "CREATE TABLE \"\u{1b}[2J\"(\"=1+1\", \"\u{202e}\")", "CREATE TABLE _msc_state(name, value)", "CREATE TABLE t(a", "", choices.text(),
        ])
    }

    private mutating func definitions() -> [UInt8] {
        var bytes: [UInt8] = []
        let count = choices.below(5)
        bytes.append(varint: choices.number(UInt64(count)))
        for _ in 0..<count {
            guard choices.below(3) > 0 else {
                bytes.append(2)
                bytes.append(varint: choices.number(UInt64(choices.below(4))))
                bytes.append(string: choices.text())
                bytes.append(zigzag: choices.number(Int64(7)))
                for _ in 0..<3 { bytes.append(string: choices.text()) }
                continue
            }
            bytes.append(1)
            bytes.append(varint: choices.number(UInt64(choices.below(4))))
            bytes.append(string: choices.once(in: 2) ? "t" : choices.text())
            let flags: UInt8 = choices.one(of: [4, 4, 6, 0, 1, 7, 255])
            bytes.append(flags)
            if flags & 2 != 0 { bytes.append(string: choices.text()) }
            if flags & 4 != 0 { bytes.append(string: choices.one(of: ["_rowid_", "rowid", choices.text()])) }
            let columns = choices.below(5)
            bytes.append(varint: choices.number(UInt64(columns)))
            for index in 0..<columns {
                bytes.append(string: choices.once(in: 3) ? choices.text() : ["a", "b", "c", "d", "e"][index])
                bytes.append(string: choices.one(of: ["", "TEXT", "INTEGER", choices.text()]))
                bytes.append(varint: choices.number(UInt64(choices.below(3))))
            }
        }
        return bytes
    }

    /// Thousands of contexts, of any numbers: few bytes once they are deflated.
    private mutating func contexts() -> [UInt8] {
        let count = UInt64(choices.byte()) * 40
        var bytes: [UInt8] = []
        bytes.append(varint: choices.number(count, lying: 8))
        let step = UInt64(choices.below(3))
        var number = UInt64(choices.number(UInt32(choices.byte()), lying: 6))
        for _ in 0..<count {
            bytes.append(2)
            bytes.append(varint: number)
            bytes += [1, 0x61, 0, 0, 0, 0]
            number &+= step
        }
        return bytes
    }

    // MARK: Blocks

    private mutating func writeBlock() {
        switch choices.below(10) {
        case 0: write(2, definitions(), flags: choices.one(of: [0, 4, 4]))
        case 1: write(2, choices.once(in: 4) ? contexts() : definitions(), flags: choices.one(of: [1, 5, 5]))
        case 2: writeIndex()
        case 3: write(choices.one(of: [1, 2, 3, 4, 5, 9]), choices.once(in: 2) ? [] : Array(log.prefix(choices.below(200))), flags: 4)
        case 4, 5, 6: writePlain()
        default: writeColumns()
        }
    }

    private mutating func writeIndex() {
        var payload = summaries.flatMap { $0 }
        if choices.once(in: 5), !payload.isEmpty { payload[choices.below(payload.count)] ^= 1 << UInt8(choices.below(8)) }
        if choices.once(in: 8) { payload += payload }
        let offset = UInt64(log.count)
        write(3, payload, flags: 4, count: UInt32(clamping: next &- 1))
        lastIndex = offset
        summaries = []
    }

    private mutating func value(_ bytes: inout [UInt8]) {
        switch choices.below(8) {
        case 0: bytes.append(0)
        case 1, 2:
            bytes.append(1)
            bytes.append(zigzag: choices.number(Int64(choices.below(9)), lying: 3))
        case 3:
            bytes.append(2)
            bytes.append(little: choices.one(of: [-Double.nan, .infinity, -0.0, 0.1, .greatestFiniteMagnitude].map(\.bitPattern.byteSwapped)))
        case 4: bytes.append(5)
        case 5:
            bytes.append(4)
            bytes.append(varint: choices.number(UInt64(2)))
            bytes += [0xff, 0]
        default:
            let text: [UInt8] = choices.once(in: 5) ? [0xff, 0xc0, 0x80] : Array(choices.text().utf8)
            bytes.append(3)
            bytes.append(varint: choices.number(UInt64(text.count), lying: 60))
            bytes += text
        }
    }

    private mutating func values(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<count { value(&bytes) }
        return bytes
    }

    private mutating func action() -> UInt8 { choices.one(of: [5, 5, 5, 7, 7, 8, 13, 13, 15, 16, 17, 14, 12, 1, 9, 0, 200]) }

    private mutating func writePlain() {
        let action = action()
        var (key, old, new): ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        if action == 13 {
            func text(_ text: String?) {
                guard let text else { return new.append(0) }
                new.append(3)
                new.append(string: text)
            }
            text(choices.one(of: ["table", "index", "view", "trigger", "pragma", choices.text()]))
            text(choices.one(of: ["t", "x", "i", choices.text()]))
            text(choices.once(in: 3) ? structure() : nil)
            text(choices.once(in: 4) ? nil : structure())
            text(choices.once(in: 5) ? choices.text() : nil)
        } else {
            key = values(choices.one(of: [1, 1, 1, 0, 2]))
            if [7, 8].contains(action) || choices.once(in: 9) { old = values(choices.below(4)) }
            if [5, 7, 15].contains(action) || choices.once(in: 9) { new = values(choices.below(4)) }
        }
        var payload: [UInt8] = [action, UInt8(choices.below(2)), 0, 0]
        payload.append(little: choices.number(UInt32(choices.below(4))))
        payload.append(little: choices.number(UInt32(choices.below(4))))
        payload.append(little: choices.number(UInt32(key.count), lying: 60))
        payload.append(little: choices.number(UInt32(old.count), lying: 60))
        payload.append(little: choices.number(UInt32(new.count), lying: 60))
        position = choices.once(in: 12) ? choices.number(position, lying: 1) : position &+ Int64(choices.below(3))
        time = choices.once(in: 12) ? choices.number(time, lying: 1) : time &+ Int64(choices.below(100))
        write(1, payload + key + old + new, flags: choices.one(of: [6, 6, 6, 2]), count: 1, consistent: 1)
        next &+= 1
    }

    /// Operations of one shape, as columns.
    private mutating func writeColumns() {
        let count = choices.below(20) + 1
        let shape = [choices.below(4), Int(action()), choices.below(3), choices.below(3), choices.below(3)]
        var payload: [UInt8] = []
        payload.append(varint: choices.number(UInt64(count)))
        payload.append(varint: choices.number(UInt64(count * 100)))
        payload.append(varint: 1)
        payload.append(varint: choices.number(UInt64(shape[0])))
        payload.append(UInt8(shape[1]))
        for part in shape[2...] { payload.append(varint: choices.number(UInt64(part), lying: 40)) }
        for zigzags in [true, false, true] {
            var list: [UInt8] = []
            for _ in 0..<count {
                if zigzags { list.append(zigzag: choices.number(Int64(0))) } else { list.append(varint: choices.number(UInt64(0))) }
            }
            payload.append(varint: UInt64(list.count))
            payload += list
        }
        for _ in 0..<(count + 7) / 8 { payload.append(choices.byte()) }
        var (tags, integers, lengths, texts): ([UInt8], [UInt8], [UInt8], [UInt8]) = ([], [], [], [])
        let columns = shape[2] + max(shape[3], shape[4])
        for _ in 0..<(shape[2] + shape[3] + shape[4]) * count { tags.append(choices.one(of: [0, 1, 1, 3, 3, 4, 5, 2, 16, 20, 32, 159, 9])) }
        for _ in 0..<columns {
            var parts: [[UInt8]] = [[], [], []]
            for _ in 0..<count {
                parts[0].append(zigzag: choices.number(Int64(1)))
                parts[1].append(varint: choices.number(UInt64(1)))
                parts[2].append(choices.byte())
            }
            payload.append(choices.one(of: [0, 0, 1, 2, 3, 0xff]))
            for part in parts { payload.append(varint: choices.number(UInt64(part.count), lying: 40)) }
            integers += parts[0]
            lengths += parts[1]
            texts += parts[2]
        }
        write(1, payload + tags + integers + lengths + texts, flags: choices.one(of: [4, 4, 5]), count: UInt32(count), consistent: UInt32(count))
        next &+= UInt64(count)
    }

    /// A block with right checksums around a payload; its numbers lie now and then.
    private mutating func write(_ kind: UInt8, _ unfolded: [UInt8], flags: UInt8, count: UInt32 = 0, consistent: UInt32 = 0) {
        let offset = UInt64(log.count)
        let payload = flags & 1 == 0 ? unfolded : unfolded.deflated
        var header: [UInt8] = Array("MSCB".utf8) + [kind, flags, 0, 0]
        header.append(little: UInt32(payload.count))
        header.append(little: choices.number(UInt32(unfolded.count), lying: 60))
        header.append(little: kind == 3 ? 1 : choices.number(next, lying: 40))
        header.append(little: choices.number(count, lying: 40))
        header.append(little: choices.number(consistent, lying: 40))
        header.append(little: choices.number(time, lying: 60))
        header.append(little: choices.number(time, lying: 60))
        header.append(little: choices.number(position, lying: 60))
        header.append(little: choices.number(position, lying: 60))
        header.append(little: choices.number(UInt64.max, lying: 8))
        header.append(little: choices.number(UInt32.max, lying: 8))
        header.append(little: payload.checksum)
        header.append(little: offset)
        let summary = header
        header.append(little: choices.number(lastIndex, lying: 40))
        header.append(little: choices.number(lastDefinitions, lying: 40))
        header += digest + [0, 0, 0, 0]
        header.append(little: header.checksum)
        log += header + payload
        log.append(little: UInt32(payload.count))
        log += header.suffix(4)
        let stream = Digest()
        payload.withUnsafeBytes { stream.update($0) }
        header.withUnsafeBytes { stream.update($0) }
        digest = stream.finish()
        if kind == 2 { lastDefinitions = offset }
        if kind != 3 { summaries.append(summary) }
    }
}
