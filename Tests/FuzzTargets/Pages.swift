// Bytes as every kind of page, record and header that SQLite's files have: whatever they are, what is told of them lies within them.

import PageFormat

enum Pages {
    static func read(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { bytes in
            _ = FileHeader(bytes)
            for size in [bytes.count, bytes.count - Int(bytes.last ?? 0), 512, 480, 0, -1] {
                for isFirst in [false, true] { try tree(bytes, isFirst, size) }
                try freeList(bytes, size)
            }
            try record(bytes)
            try log(bytes)
        }
    }

    private static func demand(_ condition: Bool, _ what: String) throws {
        guard condition else { throw FuzzTarget.Finding(description: "pages: \(what)") }
    }

    private static func tree(_ bytes: UnsafeRawBufferPointer, _ isFirst: Bool, _ size: Int) throws {
        guard let page = TreePage(bytes, isFirst: isFirst, usableSize: size) else { return }
        for index in -1...page.cellCount {
            let isCell = (0..<page.cellCount).contains(index)
            try demand((page.child(index) != nil) == (isCell && page.kind.isInterior), "child \(index) of \(page.kind)")
            guard let row = page.row(index) else { continue }
            try demand(isCell && page.kind == .leafTable && row.size >= row.record.count, "row \(index) of \(page.kind)")
            try record(row.record)
        }
    }

    private static func freeList(_ bytes: UnsafeRawBufferPointer, _ size: Int) throws {
        guard let page = FreeListPage(bytes, usableSize: size) else { return }
        for index in -1...page.count { try demand((page.page(index) != nil) == (0..<page.count).contains(index), "free page \(index)") }
    }

    private static func record(_ bytes: UnsafeRawBufferPointer) throws {
        guard let record = Record(bytes, atMost: 2000) else { return }
        try demand(record.types.count <= 2000, "\(record.types.count) values")
        for index in -1...record.types.count {
            let value = record.value(index)
            try demand(value.map { Int64($0.count) == Record.size(record.types[index]) } ?? true, "value \(index)")
            if value == nil { try demand(record.text(index) == nil && record.integer(index) == nil, "value \(index) that is not there") }
            _ = (record.text(index), record.integer(index))
        }
    }

    private static func log(_ bytes: UnsafeRawBufferPointer) throws {
        guard let header = WriteAheadLogHeader(bytes) else { return }
        var checksum = header.checksum
        for start in stride(from: WriteAheadLogHeader.size, to: bytes.count, by: header.frameSize) {
            let frame = UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + header.frameSize)])
            guard frame.count == header.frameSize, let head = FrameHeader(frame), head.continues(&checksum, frame) else { return }
        }
    }
}
