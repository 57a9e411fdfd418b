// Two keys with one hash, in an outbox that is larger than memory: what is looked up by the hash is held against the key.

@testable import Database
import Testing
import Vocabulary

@Suite("Keys that share a hash")
struct SharedHashTests {
    let scratch = Scratch()
    /// The last bytes of one are the number and text of the other.
    private static let one = "'aaaaaa'||char(3),48"
    private static let other = "'aaaaaa'||char(0),'g'"

    private func drain(rows: Int) throws -> [Collected.Entry] {
        let sink = Collected()
        let drain = Drain(try Connection(scratch.path(), .read), limits: .init(rows: rows, bytes: 1 << 20, folder: scratch.folder))
        _ = try drain.run(after: 1, sequences: [:], now: 1_800_000_000_000, into: sink)
        return sink.entries
    }

    @Test("I8: they are not taken for each other, and what an update left out comes from the right row, however far away", arguments: 1...7)
    func rounds(rows: Int) throws {
        let app = try scratch.capture("CREATE TABLE w(a, b, p BLOB, q INT, PRIMARY KEY(a,b)) WITHOUT ROWID")
        func change(_ key: String, _ set: String) throws { try app.execute("UPDATE w SET \(set) WHERE (a,b)=(\(key))") }
        try app.execute("INSERT INTO w VALUES(\(Self.one),'one','1'); INSERT INTO w VALUES(\(Self.other),'other','1')")
        for step in 2...4 {
            for key in [Self.other, Self.one] {
                try change(key, "p=p||\(step)")
                try change(key, "p=p||'.'")
            }
            for key in [Self.one, Self.other, Self.one] { try change(key, "q=q||\(step)") }
            // What p became stands behind a change of the other key, and in no later row: it is the one that q's update left out.
            for (key, set) in [(Self.one, "p"), (Self.other, "p"), (Self.one, "q"), (Self.other, "q"), (Self.one, "p")] {
                try change(key, "\(set)=\(set)||'-'")
            }
            // And where the other key's row is the next one that leaves nothing out.
            try change(Self.one, "q=q||'|'")
            try change(Self.other, "p=p||'+', q=q||'+'")
            try change(Self.one, "p=p||'*'")
        }
        try app.execute("DELETE FROM w WHERE (a,b)=(\(Self.one)); INSERT INTO w VALUES(\(Self.one),'again','1')")
        try app.execute("DELETE FROM w WHERE (a,b)=(\(Self.other))")
        let whole = try drain(rows: 1 << 16)
        #expect(whole.count == 50)
        #expect(try drain(rows: rows) == whole)
    }

    @Test("the two keys of this test do, whatever the program hashes with")
    func premise() throws {
        func bytes(_ values: [Value]) -> [UInt8] {
            var buffer = ValueBuffer()
            for value in values { buffer.append(value) }
            return buffer.bytes
        }
        let a = [UInt8](repeating: 0x61, count: 6)
        let one = bytes([.text(a + [3]), .integer(48)])
        let other = bytes([.text(a + [0]), .text([0x67])])
        for _ in 0..<5 {
            let hash = KeyHash()
            #expect(one.withUnsafeBytes { hash(1, $0) } == other.withUnsafeBytes { hash(1, $0) })
        }
    }
}
