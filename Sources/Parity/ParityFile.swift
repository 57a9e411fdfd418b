// An open parity file: its description from whichever page is sound, checksums and parity blocks as they are asked for. It
// may be damaged, cut, or made to do harm: every page and block is checked before it is used.

import FileSystem
import Glibc
public import Vocabulary

/// What protects a file or its segments. Belongs to one thread. Memory: less than 1 MB.
public final class ParityFile {
    public let path: String
    let layout: ParityLayout
    private let file: File
    private var pages: [UInt64: [UInt64]?] = [:]

    /// The parity file of a file: beside it, with `.parity` after its name.
    public static func path(of file: String) -> String { file + ".parity" }

    /// The file that a parity file's name speaks of; any other path as it is.
    public static func protected(by path: String) -> String { path.hasSuffix(".parity") ? String(path.dropLast(7)) : path }

    /// Bytes of what is protected.
    public var protectedSize: UInt64 { layout.size }
    /// How many files are protected: the segments.
    public var partCount: Int { layout.partCount }
    /// The bytes of a file among those protected.
    public func part(_ index: Int) -> Range<UInt64> { layout.part(index) }
    /// Bytes of a segment; nil for one file.
    public var segmentSize: UInt64? { layout.segmentSize == 0 ? nil : layout.segmentSize }

    /// Opens a parity file; nil when none is there.
    /// - Throws: 1411 when no page of it is sound, 1503 when its format is newer than this program, 1511 or 1515 when it
    ///   cannot be read.
    public static func open(_ path: String) throws(Failure) -> ParityFile? {
        guard let resolved = Folder.resolved(path) else { return nil }
        guard let status = Folder.status(of: resolved), status.st_mode & S_IFMT == S_IFREG else {
            throw .parityUseless(path, "it is not a file")
        }
        return try ParityFile(path)
    }

    private init(_ path: String) throws(Failure) {
        self.path = path
        let size: UInt64
        do throws(SystemError) {
            file = try File(path, .read)
            size = try file.size()
        } catch {
            throw Failure(
                error.isPermission ? .noPermission : .readFailed, "the parity file '\(path)' cannot be read", cause: error.reason,
                hint: "Check its owner and mode, and the disk.")
        }
        switch ParityFile.describe(file, size) {
        case .page(let page): layout = page.layout
        case .damaged: throw .parityUseless(path, "none of its pages is sound")
        case .newer(let version):
            throw Failure(
                .unsupportedVersion, "the parity file '\(path)' has format version \(version)",
                hint: "Use the version of this program that wrote it, or a newer one.")
        }
        // A file that claims to be much larger than it is would make us write what nobody ever saved.
        guard size <= layout.fileSize, layout.fileSize / 2 <= size else {
            throw .parityUseless(path, "it has \(size) bytes of \(layout.fileSize)")
        }
    }

    /// The first sound page from the front, else from the end.
    private static func describe(_ file: borrowing File, _ size: UInt64) -> ParityPage.Reading {
        let page = UInt64(ParityLayout.pageSize)
        var newest: ParityPage.Reading = .damaged
        for index in 0..<min(size / page, 4096) {
            for offset in [index * page, size - (index + 1) * page] {
                switch read(file, at: offset) {
                case .page(let found): return .page(found)
                case .newer(let version): newest = .newer(version)
                case .damaged: break
                }
            }
        }
        return newest
    }

    private static func read(_ file: borrowing File, at offset: UInt64) -> ParityPage.Reading {
        withUnsafeTemporaryAllocation(byteCount: ParityLayout.pageSize, alignment: 8) { buffer in
            // A sector that cannot be read is damage.
            guard (try? file.read(into: buffer, at: offset)) == buffer.count else { return .damaged }
            return ParityPage.read(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Whether a page stands undamaged in a copy.
    func isSound(page: UInt64, copy: Int) -> Bool { checksums(ofPage: page, copy: copy) != nil }

    private func checksums(ofPage number: UInt64, copy: Int) -> [UInt64]? {
        let offset = (copy == 0 ? 0 : layout.secondCopy) + number * UInt64(ParityLayout.pageSize)
        guard case .page(let page) = ParityFile.read(file, at: offset), page.layout == layout, UInt64(page.number) == number else {
            return nil
        }
        return page.checksums
    }

    /// A checksum by its number; nil when it is lost in both copies.
    func checksum(_ index: UInt64) -> UInt64? {
        let number = index / ParityLayout.checksumsPerPage
        if pages.count > 64, pages[number] == nil { pages.removeAll(keepingCapacity: true) }
        let page = pages[number] ?? checksums(ofPage: number, copy: 0) ?? checksums(ofPage: number, copy: 1)
        pages[number] = .some(page)
        return page?[Int(index % ParityLayout.checksumsPerPage)]
    }

    /// Reads a parity block, which counts through its band.
    /// - Returns: whether it is sound.
    func readParity(_ index: UInt64, band: UInt64, into buffer: UnsafeMutableRawBufferPointer) -> Bool {
        guard (try? file.read(into: buffer, at: layout.offset(ofParity: index, band: band))) == buffer.count else { return false }
        guard let wanted = checksum(layout.checksumIndex(ofParity: index, band: band)) else { return false }
        return ParityChecksum.of(UnsafeRawBufferPointer(buffer)) == wanted
    }
}
