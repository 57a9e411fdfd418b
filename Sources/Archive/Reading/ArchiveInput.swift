// The byte stream of an archive coming from disk: one file, or its segments taken as one.

internal import FileSystem
internal import Glibc
internal import Parity
internal import Vocabulary

/// Belongs to one thread. One file is open at a time, so that thousands of segments are no problem.
final class ArchiveInput {
    private struct Part {
        var path: String
        var start: UInt64
        var size: UInt64
    }

    /// As messages name it.
    let archive: String
    /// Bytes of all parts.
    let size: UInt64
    private let parts: [Part]
    private var file: File?
    private var openPart = 0
    /// The parity file through which everything is read; nil without one.
    private(set) var protection: ProtectedInput?

    var paths: [String] { parts.map(\.path) }
    var isSegmented: Bool { SegmentName(path: parts[0].path) != nil }

    /// - Parameter path: the archive, any of its segments, or the name it would have in one piece.
    init(path: String) throws(Failure) {
        let paths = try ArchiveInput.paths(of: path)
        var parts: [Part] = []
        var start: UInt64 = 0
        for part in paths {
            // Looked at before it is opened: opening a pipe would wait for somebody to write into it.
            guard let resolved = Folder.resolved(part), let status = Folder.status(of: resolved) else {
                // A link may lead where this user sees nothing.
                throw Folder.isHidden(part) ? .notRead(part, SystemError(.open, part, errno: EACCES)) : .missing(part)
            }
            guard status.st_mode & S_IFMT == S_IFREG else { throw .damaged(part, "it is not a file") }
            do throws(SystemError) {
                let size = try File(part, .read).size()
                parts.append(Part(path: part, start: start, size: size))
                start += size
            } catch { throw .notRead(part, error) }
        }
        self.parts = parts
        archive = path
        size = start
    }

    /// An archive that cannot be read as it is, with its parity file: parts may be damaged, cut off or missing.
    init(path: String, _ parity: ParityFile) {
        let paths = ArchiveInput.paths(of: path, as: parity)
        parts = (0..<paths.count).map { Part(path: paths[$0], start: UInt64($0) * (parity.segmentSize ?? 0), size: 0) }
        archive = path
        size = parity.protectedSize
        protection = ProtectedInput(parity, paths: paths)
    }

    /// Reads through the archive's parity file from now on, when it has the archive's size.
    func protect(with parity: ParityFile) {
        guard parity.protectedSize == size, parity.partCount == parts.count else { return }
        protection = ProtectedInput(parity, paths: paths)
    }

    /// Fills the buffer from `offset`.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(Failure) {
        // Untested: the entries were held against the size before anybody reads their data into a buffer.
        guard offset <= size, UInt64(buffer.count) <= size - offset else {
            throw .damaged(archive, at: size, "it ends too early")
        }
        if let protection {
            do throws(ProtectedInput.Loss) { try protection.read(into: buffer, at: offset) } catch {
                throw .damaged(archive, at: error.offset, "these bytes cannot be read, and are more than its parity file can repair")
            }
            return
        }
        var index = file == nil || parts[openPart].start > offset ? 0 : openPart
        var done = 0
        while done < buffer.count {
            let position = offset + UInt64(done)
            while position - parts[index].start >= parts[index].size { index += 1 }
            let part = parts[index]
            let count = Int(min(UInt64(buffer.count - done), part.size - (position - part.start)))
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
            var got: Int? = 0
            do throws(SystemError) {
                if file == nil || index != openPart {
                    file = try File(part.path, .read)
                    openPart = index
                }
                got = try file?.read(into: target, at: position - part.start)
            } catch { throw .notRead(part.path, error) }
            guard got == count else {
                throw .damaged(archive, at: position, "'\(part.path)' became shorter while it was read")
            }
            done += count
        }
    }

    func read(_ count: Int, at offset: UInt64) throws(Failure) -> [UInt8] {
        guard offset <= size, UInt64(count) <= size - offset else { throw .damaged(archive, at: size, "it ends too early") }
        var bytes = [UInt8](repeating: 0, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
            Result { () throws(Failure) in try read(into: buffer, at: offset) }
        }
        try result.get()
        return bytes
    }

    /// The files that an archive has according to its parity file.
    static func paths(of path: String, as parity: ParityFile) -> [String] {
        let archive = SegmentName(path: path)?.archive ?? path
        let first = SegmentName(archive: archive, number: 1).path
        if parity.partCount == 1 { return [!Folder.exists(archive) && (Folder.exists(first) || path != archive) ? first : archive] }
        return (1...parity.partCount).map { SegmentName(archive: archive, number: $0).path }
    }

    /// All files of an archive, in order.
    private static func paths(of path: String) throws(Failure) -> [String] {
        let asked = SegmentName(path: path)
        if asked == nil, Folder.exists(path) { return [path] }
        let archive = asked?.archive ?? path
        var paths: [String] = []
        while paths.count < SegmentName.maximalNumber {
            let next = SegmentName(archive: archive, number: paths.count + 1).path
            guard Folder.exists(next) else { break }
            paths.append(next)
        }
        if paths.isEmpty, !Folder.exists(path) {
            throw Folder.isHidden(path) ? .notRead(path, SystemError(.open, path, errno: EACCES)) : .missing(path)
        }
        let beyond = (try? Folder.contents(of: Folder.parent(of: archive)))?.contains { name in
            guard let segment = SegmentName(path: name) else { return false }
            return segment.archive == Folder.name(of: archive) && segment.number > paths.count + 1
        }
        if beyond == true || (asked?.number ?? 0) > paths.count {
            throw .missing(SegmentName(archive: archive, number: paths.count + 1).path, "this segment is not there")
        }
        return paths
    }
}
