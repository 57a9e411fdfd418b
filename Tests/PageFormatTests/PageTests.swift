import Testing

@testable import PageFormat

@Suite("Pages and what is on them")
struct PageTests {
    @Test("varints: every length, the sign in the ninth byte, and an end too early", arguments: [
        ([0x00], 0), ([0x7f], 127), ([0x81, 0x00], 128), ([0xff, 0x7f], 16383), ([0x81, 0x80, 0x00], 16384),
        ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], 0x00ff_ffff_ffff_ffff),
        ([0x80, 0xc0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 1 << 56),
        ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], -1), ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfb], -5),
        ([0xc0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], Int64.min),
    ] as [([UInt8], Int64)])
    func varint(bytes: [UInt8], value: Int64) {
        withGuard([9] + bytes) { all in
            var offset = 1
            #expect(all.varint(&offset) == value && offset == all.count)
        }
        for count in 0..<bytes.count {
            var offset = 0
            #expect(withGuard(Array(bytes.prefix(count))) { $0.varint(&offset) } == nil)
        }
    }

    @Test("the header and the rows of a page that SQLite wrote")
    func written() throws {
        let log = try sampleLog()
        let header = try #require(withGuard(log.page(2)) { FileHeader($0) })
        #expect(header.pageSize == 512 && header.usableSize == 512 && header.firstFreePage == 0 && header.freePageCount == 0)
        #expect(header.schemaVersion == 1)
        try withGuard(log.page(2)) { bytes in
            let page = try #require(TreePage(bytes, isFirst: true, usableSize: 512))
            let row = try #require(page.row(0))
            #expect(page.kind == .leafTable && page.cellCount == 1 && page.lastChild == nil && page.child(0) == nil && row.rowid == 1)
            // type, name, tbl_name, rootpage, sql.
            let record = try #require(Record(row.record, atMost: 5))
            #expect(record.types == [23, 15, 15, 1, 51] && row.isWhole)
            #expect(record.text(0).map { String(decoding: $0, as: UTF8.self) } == "table")
            #expect(record.integer(3) == 2 && record.integer(0) == nil && record.text(3) == nil)
            #expect(record.text(4).map { String(decoding: $0, as: UTF8.self) } == "CREATE TABLE t(a,b)")
            #expect(record.value(5) == nil && record.value(-1) == nil)
            #expect(Record(row.record, atMost: 4) == nil)
            #expect(page.row(1) == nil && page.row(-1) == nil)
        }
        try withGuard(log.page(3)) { bytes in
            let page = try #require(TreePage(bytes, isFirst: false, usableSize: 512))
            let rows = try (0..<2).map { try #require(page.row($0)) }
            #expect(rows.map(\.rowid) == [-5, 1])
            // A real number and a large blob, of which the page holds the beginning; one is the constant 1, one a text of one byte.
            let records = try rows.map { try #require(Record($0.record, atMost: 2)) }
            #expect(records[0].types == [7, 1212] && records[0].value(0)?.count == 8 && records[0].value(1) == nil)
            #expect(rows[0].record.count == 104 && rows[0].size == 612 && !rows[0].isWhole)
            #expect(records[1].types == [9, 15] && records[1].integer(0) == 1)
        }
        #expect(withGuard(log.page(4)) { TreePage($0, isFirst: false, usableSize: 512) } == nil)
    }

    @Test("whole numbers of every length and sign", arguments: [
        ([2, 1, 0x80], -128), ([2, 2, 0x80, 0], -32768), ([2, 3, 0x7f, 0xff, 0xff], 8_388_607), ([2, 4, 0xff, 0xff, 0xff, 0xfe], -2),
        ([2, 5, 0x80, 0, 0, 0, 0, 0], -(1 << 47)), ([2, 6, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], Int64.max), ([2, 8], 0), ([2, 9], 1),
    ] as [([UInt8], Int64)])
    func integers(bytes: [UInt8], value: Int64) {
        #expect(withGuard(bytes) { Record($0, atMost: 1)?.integer(0) } == value)
        for count in 2..<max(2, bytes.count) { #expect(withGuard(Array(bytes.prefix(count))) { Record($0, atMost: 1)?.integer(0) } == nil) }
    }

    @Test("sizes whose sum no number holds end the record where its bytes end")
    func hugeSizes() {
        let huge: [UInt8] = [0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
        withGuard([28] + huge + huge + huge) { bytes in
            let record = Record(bytes, atMost: 3)
            #expect(record?.types.count == 3)
            for index in 0..<3 { #expect(record?.value(index) == nil) }
        }
    }

    @Test("bytes that nobody meant: nothing is read outside, and a page that is accepted tells only of itself")
    func arbitrary() throws {
        var generator = SystemRandomNumberGenerator()
        let log = try sampleLog()
        var accepted = 0
        for round in 0..<5000 {
            var bytes = log.page([0, 2, 3, 4][round % 4])
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let at = Bool.random() ? Int.random(in: 0..<24) : Int.random(in: 0..<bytes.count, using: &generator)
                bytes[at] = [0, 1, 2, 5, 10, 13, 255, .random(in: 0...255, using: &generator)].randomElement(using: &generator) ?? 0
            }
            if round % 7 == 0 { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator)) }
            withGuard(bytes) { all in
                _ = FileHeader(all)
                let usable = Int.random(in: 0...600, using: &generator)
                for isFirst in [false, true] {
                    for usable in [512, usable] {
                        guard let page = TreePage(all, isFirst: isFirst, usableSize: usable) else { continue }
                        accepted += 1
                        for index in -1...page.cellCount {
                            _ = page.child(index)
                            if let row = page.row(index), let record = Record(row.record, atMost: 100) {
                                for index in -1...record.types.count { _ = (record.text(index)?.count, record.integer(index)) }
                            }
                        }
                        _ = page.lastChild
                    }
                }
                if let page = FreeListPage(all, usableSize: 512) { for index in -1...page.count { _ = page.page(index) } }
            }
        }
        #expect(accepted > 500)
    }
}
