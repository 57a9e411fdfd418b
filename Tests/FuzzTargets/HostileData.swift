// A database with a log, and with transactions in its -wal file, whose pages somebody wrote: fields at their bounds, pages that name each
// other, pages exchanged. The checksums of the -wal file are right. The whole program goes through it.

import Database
import Engine
import FileSystem
import Glibc
import Vocabulary

struct HostileData {
    private let operations: WholeOperations
    private let folder: String
    private var data: String { folder + "/S.db" }
    private static let pageSize = 512

    /// - Parameter folder: of the caller's.
    init(_ folder: String) {
        operations = WholeOperations(folder)
        self.folder = folder + "/data"
    }

    func run(_ bytes: [UInt8]) throws {
        let honest = try self.honest()
        for name in try Folder.contents(of: folder) { try Folder.removeTree(folder + "/" + name) }
        try Folder.create(folder + "/S.msc")
        var choices = Choices(bytes)
        var (main, log) = (honest.main, honest.log)
        for _ in 0...choices.below(4) {
            if choices.once(in: 3), !log.isEmpty { forge(&log, frames: true, &choices) } else { forge(&main, frames: false, &choices) }
        }
        seal(&log)
        try put(main, data)
        try put(log, data + "-wal")
        try put(honest.record, folder + "/S.msc/application.json")
        try put(honest.journal, folder + "/S.journal")
        try operations.data(data)
    }

    // MARK: What is honest

    private struct Files {
        var main: [UInt8], log: [UInt8], record: [UInt8], journal: [UInt8]
    }

    /// Made once in a folder.
    private func honest() throws -> Files {
        let kept = ["main", "log", "record", "journal"].map { folder + "-" + $0 }
        if access(kept[3], R_OK) != 0 {
            try Folder.create(folder)
            let writer = try Connection(data, .create)
            try writer.execute(
                """
                PRAGMA page_size=\(HostileData.pageSize); PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;
                CREATE TABLE item(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, price); CREATE INDEX names ON item(name);
                CREATE TABLE w(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
                WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
                INSERT INTO item(name, price) SELECT 'name ' || i, CASE WHEN i % 20 THEN i ELSE zeroblob(900) END FROM n;
                INSERT INTO w SELECT name, id FROM item; DELETE FROM w WHERE v > 30;
                """)
            let application = try Application(data: data)
            _ = try LogStart(application: application, surroundings: operations.surroundings, journal: nil, excluding: []).run(Job())
            try writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            for number in 1...6 {
                try writer.execute("INSERT INTO item(name) VALUES('new \(number)'); UPDATE w SET v=\(number) WHERE k='name \(number)'")
            }
            let places = [data, data + "-wal", folder + "/S.msc/application.json", folder + "/S.journal"]
            // The last connection takes the -wal file away.
            try withExtendedLifetime(writer) {
                for (place, copy) in zip(places, kept) { try put(File.contents(of: place, atMost: 1 << 24), copy) }
            }
        }
        let bytes = try kept.map { try File.contents(of: $0, atMost: 1 << 24) }
        return Files(main: bytes[0], log: bytes[1], record: bytes[2], journal: bytes[3])
    }

    private func put(_ bytes: [UInt8], _ path: String) throws {
        unlink(path)
        let file = try File(path, .createNew)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }

    // MARK: What is not

    /// Changes a page, the head of a frame or of a file.
    private func forge(_ file: inout [UInt8], frames: Bool, _ choices: inout Choices) {
        let (head, step) = frames ? (32, 24 + HostileData.pageSize) : (0, HostileData.pageSize)
        let count = (file.count - head) / step
        guard count > 0 else { return }
        func page(_ index: Int) -> Int { head + index * step + (frames ? 24 : 0) }
        // Mostly pages at both ends: the schema, and what was written last.
        let index = choices.once(in: 2) ? Int(choices.byte()) % count : choices.one(of: [0, 0, 1, 2, count - 1, count - 2, count / 2]) % count
        let start = page(max(0, index))
        switch choices.below(9) {
        case 0:  // A field of the file's head, or of a frame's.
            let place = frames ? start - choices.one(of: [24, 20, 16]) : choices.one(of: [16, 18, 20, 24, 28, 32, 36, 40, 44, 52, 56, 60, 64, 92, 96])
            put(choices.number(UInt32(count), lying: 1), 4, at: place, in: &file)
        case 1, 2:  // A field of a b-tree page.
            let own = start + (index == 0 && !frames ? 100 : 0)
            let field = choices.one(of: [0, 1, 3, 5, 7, 8, 12])
            if field == 0 { file[own] = choices.one(of: [2, 5, 10, 13, 0, 255]) } else {
                put(choices.number(UInt32(index), lying: 1), field == 8 ? 4 : 2, at: own + field, in: &file)
            }
        case 3:  // Where a cell stands.
            put(choices.number(UInt32(choices.byte()) * 2, lying: 3), 2, at: start + 8 + 2 * choices.below(20), in: &file)
        case 4:  // Another page in its place.
            let other = page(Int(choices.byte()) % count)
            file.replaceSubrange(start..<start + HostileData.pageSize, with: Array(file[other..<other + HostileData.pageSize]))
        case 5:  // A trunk of the list of free pages.
            put(choices.number(UInt32(choices.below(count)), lying: 3), 4, at: start, in: &file)
            put(choices.number(UInt32(choices.below(130)), lying: 3), 4, at: start + 4, in: &file)
        case 6:  // Varints and lengths of rows.
            for place in 0..<choices.below(9) { file[start + 300 + (Int(choices.byte()) + place) % 200] = choices.one(of: [0xff, 0x80, 0x7f, 0x81, 0, 13]) }
        case 7: file.removeLast(min(file.count, Int(choices.byte()) * (choices.once(in: 2) ? 1 : step)))
        default: for _ in 0..<4 { file[start + (Int(choices.byte()) * 2 + choices.below(2)) % HostileData.pageSize] = choices.byte() }
        }
    }

    private func put(_ number: UInt32, _ width: Int, at place: Int, in file: inout [UInt8]) {
        for index in 0..<width where file.indices.contains(place + index) {
            file[place + index] = UInt8(truncatingIfNeeded: number >> UInt32(8 * (width - 1 - index)))
        }
    }

    /// Makes the sums of a -wal file right again. https://www.sqlite.org/fileformat2.html#checksum_algorithm
    private func seal(_ log: inout [UInt8]) {
        guard log.count >= 32 else { return }
        let isBigEndian = log[3] & 1 == 1
        var (a, b) = (UInt32(0), UInt32(0))
        func number(_ place: Int) -> UInt32 {
            let bytes = log[place..<place + 4]
            return (isBigEndian ? Array(bytes) : bytes.reversed()).reduce(0) { $0 << 8 | UInt32($1) }
        }
        func add(_ range: Range<Int>) {
            for place in stride(from: range.lowerBound, to: range.upperBound, by: 8) {
                a = a &+ number(place) &+ b
                b = b &+ number(place + 4) &+ a
            }
        }
        add(0..<24)
        put(a, 4, at: 24, in: &log)
        put(b, 4, at: 28, in: &log)
        for start in stride(from: 32, through: log.count - 24 - HostileData.pageSize, by: 24 + HostileData.pageSize) {
            log.replaceSubrange(start + 8..<start + 16, with: Array(log[16..<24]))
            add(start..<start + 8)
            add(start + 24..<start + 24 + HostileData.pageSize)
            put(a, 4, at: start + 16, in: &log)
            put(b, 4, at: start + 20, in: &log)
        }
    }
}
