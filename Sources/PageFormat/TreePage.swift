// A page of a b-tree. https://www.sqlite.org/fileformat2.html#b_tree_pages

/// One page of a b-tree: of a table or an index, inside or at its edge. All places in it are checked when it is made, so that what it tells
/// lies within the page.
package struct TreePage {
    /// The first byte of the page.
    package enum Kind: UInt8, Sendable {
        case interiorIndex = 2
        case interiorTable = 5
        case leafIndex = 10
        case leafTable = 13

        package var isInterior: Bool { self == .interiorIndex || self == .interiorTable }
        package var isTable: Bool { self == .interiorTable || self == .leafTable }
    }

    package let kind: Kind
    package let cellCount: Int
    private let bytes: UnsafeRawBufferPointer
    /// Where the page's own header begins: behind that of the file on page 1.
    private let start: Int
    private let usableSize: Int

    /// The page, when its bytes are one by their form.
    /// - Parameters:
    ///   - bytes: the whole page; valid as long as this value is used.
    ///   - isFirst: whether it is page 1, which begins with the header of the file.
    ///   - usableSize: `FileHeader.usableSize`.
    package init?(_ bytes: UnsafeRawBufferPointer, isFirst: Bool, usableSize: Int) {
        let start = isFirst ? FileHeader.size : 0
        guard usableSize <= bytes.count, usableSize >= FileHeader.leastUsable, let kind = Kind(rawValue: bytes[start]),
            let free = bytes.number16(start + 1), let count = bytes.number16(start + 3), let content = bytes.number16(start + 5)
        else { return nil }
        let pointers = start + (kind.isInterior ? 12 : 8)
        let end = pointers + 2 * count
        // A content that begins at 65536 is written as 0.
        guard end <= usableSize, content == 0 ? usableSize == 65536 : end <= content && content <= usableSize else { return nil }
        guard free == 0 || end <= free && free <= usableSize - 4 else { return nil }
        for place in stride(from: pointers, to: end, by: 2) {
            guard let cell = bytes.number16(place), end <= cell, cell <= usableSize - 4 else { return nil }
        }
        self.kind = kind
        self.bytes = bytes
        self.start = start
        self.usableSize = usableSize
        cellCount = count
    }

    /// The last child of an interior page; nil for a leaf.
    package var lastChild: UInt32? { kind.isInterior ? bytes.number32(start + 8) : nil }

    /// The child to the left of a cell of an interior page; nil for a leaf.
    /// - Parameter index: from 0, below `cellCount`.
    package func child(_ index: Int) -> UInt32? { kind.isInterior ? place(index).flatMap { bytes.number32($0) } : nil }

    /// A row of a table.
    package struct Row {
        package let rowid: Int64
        /// Bytes of the whole record.
        package let size: Int64
        /// Those of its bytes that lie in the page.
        package let record: UnsafeRawBufferPointer

        /// No byte of the record lies in an overflow page.
        package var isWhole: Bool { size == record.count }
    }

    /// The row in a cell of a leaf of a table; nil when the cell is broken, or of another kind of page.
    /// - Parameter index: from 0, below `cellCount`.
    package func row(_ index: Int) -> Row? {
        guard kind == .leafTable, var at = place(index), let size = bytes.varint(&at), size >= 0, let rowid = bytes.varint(&at) else { return nil }
        let local = localSize(size)
        guard at + local <= usableSize else { return nil }
        return Row(rowid: rowid, size: size, record: UnsafeRawBufferPointer(rebasing: bytes[at..<at + local]))
    }

    /// How many bytes of a payload lie in the leaf of a table; the rest is in overflow pages.
    /// https://www.sqlite.org/fileformat2.html#cell_payload_overflow_pages
    private func localSize(_ payload: Int64) -> Int {
        let most = usableSize - 35
        if payload <= most { return Int(payload) }
        let least = (usableSize - 12) * 32 / 255 - 23
        let size = least + Int((payload - Int64(least)) % Int64(usableSize - 4))
        return size <= most ? size : least
    }

    private func place(_ index: Int) -> Int? {
        guard (0..<cellCount).contains(index) else { return nil }
        return bytes.number16(start + (kind.isInterior ? 12 : 8) + 2 * index)
    }
}
