// Partial files and folders (invariant I3): how others see that one is still being written, and how abandoned ones go.
//
// Whoever writes one holds its lock. Of many files that one process publishes together some may be closed already: while one of the process
// is locked, none of them is abandoned. Process numbers are asked only besides: see `AdvisoryLock`.

import Glibc
import Synchronization

extension Folder {
    /// Removes temporary files and folders that nobody works on any more.
    public static func removeLeftovers(in folder: String) throws(SystemError) {
        let folder = try FolderHandle(looking: folder)
        var found: [(name: String, mark: Substring)] = []
        for name in try folder.contents() { if let mark = Publication.mark(in: name) { found.append((name, mark)) } }
        // This process keeps a lock on what it works on: what it could not remove itself has none. Where no lock can be asked for, it may.
        let working = Set(
            found.filter { name, mark in
                switch AdvisoryLock.isHeld(name, in: folder) {
                case true?: true
                case false? where mark == ProcessMark.own[...]: false
                default: ProcessMark.isAlive(mark)
                }
            }.map(\.mark))
        for (name, mark) in found where !working.contains(mark) { try folder.removeAbandoned(name) }
    }
}

extension FolderHandle {
    /// Holds the lock while it removes: whoever has just made the file and comes too late for its lock makes another one.
    fileprivate func removeAbandoned(_ name: String) throws(SystemError) {
        // A link cannot be opened so, and nobody works through one.
        let descriptor = openToLock(name)
        defer { if let descriptor { close(descriptor) } }
        if let descriptor, case .held = AdvisoryLock.take(descriptor) { return }
        try removeTree(name)
    }
}

extension Publication {
    static let marker = ".msc-partial-"

    /// The mark of the process in a partial file's name; nil for any other name.
    static func mark(in name: String) -> Substring? {
        guard name.hasPrefix("."), let marker = name.lastRange(of: marker) else { return nil }
        let mark = name[marker.upperBound...].prefix { $0 != "." }
        return ProcessMark.isMark(mark) ? mark : nil
    }

    /// The name that a partial file is going to have, as far as its own tells: a long one is shortened there.
    static func finalName(of name: String) -> String {
        name.lastRange(of: marker).map { String(name[..<$0.lowerBound].dropFirst()) } ?? name
    }

    /// A temporary name beside `path`, never given twice by this process.
    /// - Parameter room: bytes for the part that only makes it easier to read.
    static func temporaryPath(for path: String, room: Int = 255) -> String {
        let mark = "\(marker)\(ProcessMark.own).\(count.add(1, ordering: .relaxed).newValue)"
        // A name has at most 255 bytes (NAME_MAX).
        let most = min(room, 255 - 1 - mark.utf8.count)
        var name = Folder.name(of: path).unicodeScalars
        while name.reduce(0, { $0 + UTF8.width($1) }) > most { name.removeLast() }
        return Folder.join(Folder.parent(of: path), ".\(String(name))\(mark)")
    }

    /// Takes the lock of a partial file or folder that this process has just made.
    /// - Returns: false when it was taken for abandoned and removed in the moment before.
    static func isOurs(_ descriptor: Int32, _ name: String, in folder: FolderHandle) -> Bool {
        if case .held = AdvisoryLock.take(descriptor) { return false }
        var mine = stat()
        return fstat(descriptor, &mine) == 0 && folder.stands(mine, for: name)
    }
}

/// A folder under a temporary name beside its target, in which something is built (invariant I3). Dropping it removes it with
/// everything in it; after kill -9 it stays until `Folder.removeLeftovers` meets it.
public final class PartialFolder {
    public let path: String
    /// The folder itself, and its lock.
    private let folder: FolderHandle
    private let name: String
    private let above: FolderHandle
    private var isPublished = false

    /// SQLite takes paths of up to 512 bytes: this folder's name leaves room for those of the files in it.
    private static let room = 40

    /// Removes what killed processes left beside `target`, as far as it can be, then makes the folder.
    public init(for target: String) throws(SystemError) {
        try? Folder.removeLeftovers(in: Folder.parent(of: target))
        while true {
            let path = Publication.temporaryPath(for: target, room: PartialFolder.room)
            try Folder.create(Folder.parent(of: path))
            let way = try Way(path)
            try way.folder.make(way.name, 0o700)
            let descriptor: Int32
            do {
                descriptor = try systemCall(.open, path) {
                    openat(way.folder.descriptor, way.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                }
            } catch {
                try? way.folder.removeTree(way.name)
                throw error
            }
            let made = FolderHandle(path: path, adopting: descriptor)
            if Publication.isOurs(descriptor, way.name, in: way.folder) {
                self.path = path
                folder = made
                name = way.name
                above = way.folder
                return
            }
            // Untested: another process has to look for leftovers between the making of the folder and its lock.
            withExtendedLifetime(made) { try? way.folder.removeTree(way.name) }
        }
    }

    deinit {
        // What cannot be removed now is a leftover like that of a killed process.
        if !isPublished { try? remove(name, in: above) }
        AdvisoryLock.release(folder.descriptor)
    }

    /// Empties the folder that was made, wherever it lies now, and takes its name away when that still stands for it.
    private func remove(_ name: String, in above: FolderHandle) throws(SystemError) {
        try folder.removeContents()
        if try above.stands(folder.status(), for: name) { try above.removeTree(name) }
    }

    /// Gives the folder its final name and makes that durable. On failure nothing stands there.
    public func publish(as target: String) throws(SystemError) {
        let way = try Way(target)
        guard try above.stands(folder.status(), for: name) else { throw SystemError(.rename, target, errno: SystemError.exchanged) }
        do {
            try systemCall(.rename, target) { renameat(above.descriptor, name, way.folder.descriptor, way.name) }
            isPublished = true
            try way.folder.sync()
            if Folder.parent(of: path) != Folder.parent(of: target) { try above.sync() }
        } catch {
            // It may have its name already, with only the durability of that in doubt: whole or not there (I3).
            if isPublished { try? remove(way.name, in: way.folder) }
            throw error
        }
    }
}

extension String {
    /// The last place where `part` stands: a small stand-in so that this room needs no Foundation.
    fileprivate func lastRange(of part: String) -> Range<String.Index>? {
        var start = endIndex
        while start > startIndex {
            start = index(before: start)
            if self[start...].hasPrefix(part) { return start..<index(start, offsetBy: part.count) }
        }
        return nil
    }
}
