// A page of the list of free pages. https://www.sqlite.org/fileformat2.html#the_freelist

/// What a trunk page of the list of free pages says.
package struct FreeListPage {
    /// The next trunk page; 0 on the last one.
    package let next: UInt32
    package let count: Int
    private let bytes: UnsafeRawBufferPointer

    /// Nil when the page has no room for as many free pages as it says.
    package init?(_ bytes: UnsafeRawBufferPointer, usableSize: Int) {
        guard usableSize <= bytes.count, let next = bytes.number32(0), let count = bytes.number32(4), Int(count) <= usableSize / 4 - 2 else { return nil }
        self.next = next
        self.count = Int(count)
        self.bytes = bytes
    }

    /// A free page. Its number may be any.
    /// - Parameter index: from 0, below `count`.
    package func page(_ index: Int) -> UInt32? { (0..<count).contains(index) ? bytes.number32(8 + 4 * index) : nil }
}
