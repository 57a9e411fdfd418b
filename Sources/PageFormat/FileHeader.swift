// The first 100 bytes of a database file. https://www.sqlite.org/fileformat2.html#the_database_header

/// What the header of a database file says, as far as it is one.
package struct FileHeader: Sendable, Equatable {
    /// Bytes of the header.
    package static let size = 100
    /// The first 16 bytes.
    package static let magic = Array("SQLite format 3\0".utf8)

    /// Bytes of a page: a power of two from 512 to 65536.
    package var pageSize: Int
    /// Bytes of a page that hold content: all but those at its end that an extension keeps for itself.
    package var usableSize: Int
    /// Moves with every transaction outside WAL mode.
    package var changeCounter: UInt32
    /// The first page of the list of free pages, 0 without one, and how many pages are free.
    package var firstFreePage: UInt32
    package var freePageCount: UInt32
    /// Moves with every change of the structure.
    package var schemaVersion: UInt32

    /// Reads the header from the first bytes of page 1; nil when they are not those of a database.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= FileHeader.size, bytes.starts(with: FileHeader.magic),
            let written = bytes.number16(16), let changes = bytes.number32(24), let first = bytes.number32(32),
            let free = bytes.number32(36), let schema = bytes.number32(40)
        else { return nil }
        // 65536 does not fit in two bytes: it is written as 1.
        let size = written == 1 ? 65536 : written
        guard size >= 512, size & (size - 1) == 0, size - Int(bytes[20]) >= FileHeader.leastUsable else { return nil }
        pageSize = size
        usableSize = size - Int(bytes[20])
        changeCounter = changes
        firstFreePage = first
        freePageCount = free
        schemaVersion = schema
    }

    /// SQLite opens no database with less room in a page.
    package static let leastUsable = 480
}
