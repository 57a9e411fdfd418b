// Looks at the pages of a snapshot while they stream by, so that a backup of damaged data is known to be one. Only what costs next to nothing:
// the form of b-tree pages, that each page of a tree is one, that none is used twice, and the list of free pages. Rows are not read.

import PageFormat

/// A quick check of a database file by its pages. What it calls damaged is damaged; what it passes need not be whole.
///
/// Memory: three bits for each page, and 8 bytes for each page of a tree that is known and not looked at yet.
public struct PageCheck {
    /// What the pages come to.
    public struct Findings: Sendable, Equatable {
        /// What is wrong, in words; nil when nothing was found.
        public var problem: String?
        /// Pages of the trees of the program's own tables and indexes, pages of large values left out; nil when that is not known.
        public var pagesOfTables: UInt64?
    }

    private enum Form: UInt8 { case other, interior, leaf }

    private let pageSize: Int
    private let pageCount: UInt64
    private var usable: Int
    /// Two bits for each page: its form.
    private var forms: [UInt8]
    private var header: FileHeader?
    /// Bytes came in another way than page by page: nothing is known then.
    private var isCut = false

    public init(pageSize: Int, pageCount: UInt64) {
        self.pageSize = pageSize
        self.pageCount = pageCount
        usable = pageSize
        forms = [UInt8](repeating: 0, count: Int(pageCount / 4) + 1)
    }

    /// Takes the next bytes of the stream.
    public mutating func take(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
        guard !isCut, offset % UInt64(pageSize) == 0, bytes.count % pageSize == 0 else { return isCut = true }
        var number = offset / UInt64(pageSize) + 1
        for start in stride(from: 0, to: bytes.count, by: pageSize) where number <= pageCount {
            let page = UnsafeRawBufferPointer(rebasing: bytes[start..<start + pageSize])
            if number == 1 {
                header = FileHeader(page)
                usable = header?.usableSize ?? pageSize
            }
            let form = form(TreePage(page, isFirst: number == 1, usableSize: usable))
            forms[Int(number / 4)] |= form.rawValue << (2 * UInt8(number % 4))
            number += 1
        }
    }

    /// The form of a page, told from its own bytes.
    private func form(_ page: TreePage?) -> Form {
        guard let page else { return .other }
        return page.kind.isInterior ? .interior : .leaf
    }

    /// Follows the trees through their interior pages.
    /// - Parameters:
    ///   - roots: root pages, and whether each is one of the program's own tables or indexes; nil when the schema cannot be read.
    ///   - read: reads one page of the same snapshot.
    public func findings(roots: [(page: UInt64, isOwn: Bool)]?, read: (UInt64) throws -> [UInt8]) throws -> Findings {
        var result = Findings()
        guard !isCut, pageCount > 0 else { return result }
        guard let header else {
            result.problem = "page 1 is not the first page of a database"
            return result
        }
        var walk = Walk(seen: [UInt8](repeating: 0, count: Int(pageCount / 8) + 1))
        var own: UInt64 = 0
        for root in [(page: 1, isOwn: false)] + (roots ?? []) {
            let before = walk.count
            try follow(root.page, &walk, read)
            if root.isOwn { own += walk.count - before }
            if walk.problem != nil { break }
        }
        if walk.problem == nil { try followFreeList(header, &walk, read) }
        result.problem = walk.problem
        if walk.problem == nil, roots != nil { result.pagesOfTables = own }
        return result
    }

    private struct Walk {
        /// One bit for each page.
        var seen: [UInt8]
        var count: UInt64 = 0
        var problem: String?

        /// False when the page was met before.
        mutating func meet(_ page: UInt64) -> Bool {
            let bit = UInt8(1) << UInt8(page % 8)
            defer { seen[Int(page / 8)] |= bit }
            count += 1
            return seen[Int(page / 8)] & bit == 0
        }
    }

    private func follow(_ root: UInt64, _ walk: inout Walk, _ read: (UInt64) throws -> [UInt8]) throws {
        var waiting = [root]
        while let number = waiting.popLast() {
            guard (1...pageCount).contains(number) else { return walk.problem = "page \(number) of a tree is beyond the end of the file" }
            guard walk.meet(number) else { return walk.problem = "page \(number) is used twice" }
            switch Form(rawValue: forms[Int(number / 4)] >> (2 * UInt8(number % 4)) & 3) ?? .other {
            case .other: return walk.problem = "page \(number) should be part of a tree and is not"
            case .leaf: break
            case .interior:
                try read(number).withUnsafeBytes { page in
                    guard let page = TreePage(page, isFirst: number == 1, usableSize: usable), let last = page.lastChild else {
                        walk.problem = "page \(number) changes while it is read"
                        return
                    }
                    waiting.append(UInt64(last))
                    for index in 0..<page.cellCount { waiting.append(UInt64(page.child(index) ?? 0)) }
                }
                // More than there are pages: one of them stands there twice, and what is remembered stays small.
                guard waiting.count <= pageCount else { return walk.problem = "pages are used twice in the tree of page \(root)" }
            }
        }
    }

    private func followFreeList(_ header: FileHeader, _ walk: inout Walk, _ read: (UInt64) throws -> [UInt8]) throws {
        let before = walk.count
        var next = UInt64(header.firstFreePage)
        while next != 0 {
            guard (2...pageCount).contains(next), walk.meet(next) else { return walk.problem = "the list of free pages is broken at page \(next)" }
            next = try read(next).withUnsafeBytes { bytes in
                guard let page = FreeListPage(bytes, usableSize: usable) else {
                    walk.problem = "page \(next) of the list of free pages is none"
                    return 0
                }
                for index in 0..<page.count {
                    let leaf = UInt64(page.page(index) ?? 0)
                    if !(2...pageCount).contains(leaf) || !walk.meet(leaf) { walk.problem = "page \(leaf) is free and used, or does not exist" }
                }
                return UInt64(page.next)
            }
            if walk.problem != nil { return }
        }
        if walk.count - before != header.freePageCount {
            walk.problem = "the list of free pages has \(walk.count - before) pages and should have \(header.freePageCount)"
        }
    }
}

extension PageReader {
    /// One page of the snapshot, at any time before `finish`.
    /// - Parameter number: from 1.
    public func page(_ number: UInt64) throws -> [UInt8] {
        var page = [UInt8](repeating: 0, count: pageSize)
        try page.withUnsafeMutableBytes { try read(into: $0, page: number) }
        return page
    }

    /// What a check that took all pages found. To be called before `finish`.
    public func findings(of check: PageCheck) throws -> PageCheck.Findings {
        var found = try check.findings(roots: try? roots()) { try page($0) }
        if found.problem == nil { found.problem = try schemaDamage() }
        return found
    }
}
