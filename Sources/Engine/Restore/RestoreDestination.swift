// Where a restore goes, looked at before anything is done: the same checks that the restore itself begins with.

import Archive
import FileSystem
import Glibc
public import Vocabulary

/// The place of a restore, and whether it can take the files.
public struct RestoreDestination: Sendable, Equatable {
    /// How the data file's own place looks.
    public enum Situation: String, Sendable { case missing, damaged, live }

    /// Absolute.
    public var path: String
    /// For a restore in place; nil for one into a folder.
    public var situation: Situation?
    /// Bytes.
    public var needed: UInt64
    public var free: UInt64
    /// Why the restore would be refused; nil when it would not.
    public var problem: Failure?

    public init(path: String, situation: Situation? = nil, needed: UInt64, free: UInt64, problem: Failure? = nil) {
        self.path = path
        self.situation = situation
        self.needed = needed
        self.free = free
        self.problem = problem
    }

    /// Looks at a folder that a restore shall make. Never throws: what is wrong is in `problem`.
    /// - Parameter needed: bytes of the items to restore.
    public init(folder: String, needed: UInt64) {
        self.init(path: folder, needed: needed, free: 0)
        do throws(Failure) {
            path = try RestoreDestination.absolute(folder)
            free = try RestoreDestination.space(for: needed, at: Folder.parent(of: path))
        } catch {
            problem = error
            if let there = try? Folder.freeSpace(at: Folder.parent(of: path)) { free = there }
        }
    }

    /// Looks at the data file that an archive was made from; reads the whole file to find damage. Changes nothing.
    /// - Throws: 1406 on Stop, 1420 when the file is locked; other problems are in `problem`.
    public init(inPlace archive: ArchiveSummary, _ job: Job) throws {
        let needed = archive.items.first { $0.role == Manifest.Role.data.rawValue }?.size ?? 0
        self.init(path: archive.originalData ?? "", needed: needed, free: 0)
        do {
            try RestoreDestination.checkOriginal(archive.originalData, archive.path)
            let situation: Situation =
                switch try translatingDatabaseErrors({ try InPlaceRestore.situation(of: path, job) }) {
                case .missing: .missing
                case .damaged: .damaged
                case .usable: .live
                }
            self.situation = situation
            if situation == .damaged { try InPlaceRestore.checkUnused(path) }
            free = try RestoreDestination.space(for: needed, at: Folder.parent(of: path))
        } catch let failure as Failure {
            if failure.code == .stopped { throw failure }
            problem = failure
        }
    }

    /// A folder's absolute path, for one that can be made.
    /// - Throws: 1504 when something stands there, 1407 when the folder above is missing or cannot be written to.
    static func absolute(_ wanted: String) throws(Failure) -> String {
        let destination = Folder.join(Folder.resolved(Folder.parent(of: wanted)) ?? Folder.parent(of: wanted), Folder.name(of: wanted))
        guard !Folder.exists(destination) else {
            throw Failure(
                .destinationExists, "something already stands at '\(destination)'", hint: "Choose another folder with --to.")
        }
        let above = Folder.parent(of: destination)
        guard Folder.isFolder(above), access(above, W_OK | X_OK) == 0 else {
            throw Failure(
                .destinationInvalid, "the folder '\(above)' does not exist or cannot be written to", hint: "Choose another folder with --to.")
        }
        return destination
    }

    /// What the restored files are for, and so what helps where they do not fit.
    enum Way { case intoFolder, inPlace, rollback }

    /// The free space of a folder.
    /// - Throws: 1505 when it is not enough.
    @discardableResult
    static func space(for needed: UInt64, at folder: String, _ way: Way = .intoFolder) throws(Failure) -> UInt64 {
        let free: UInt64
        do { free = try Folder.freeSpace(at: folder) } catch { throw Failure.writing(error) }
        guard needed <= free else {
            // People know the folder, not the one of ours in it.
            let inside = Folder.join(folder, "data")
            let place = Folder.shown(inside) == inside ? folder : Folder.shown(inside)
            let hint =
                switch way {
                case .intoFolder: "Make room there, or choose another folder with --to."
                case .inPlace: "Make room there, or restore into a folder on another disk with --to."
                case .rollback:
                    "Make room there, where this rollback restores an archive first; or restore the archive on another disk with 'msc restore --to'."
                }
            throw Failure(
                .notEnoughSpace,
                "the restored files need \(Amount.bytes(needed)) at '\(place)', where \(Amount.bytes(free)) are free", hint: hint)
        }
        return free
    }

    /// The original data file of an archive, whose folder must be there.
    @discardableResult
    static func checkOriginal(_ path: String?, _ archive: String) throws(Failure) -> String {
        guard let path else { throw noData(archive) }
        if Folder.isHidden(path) { throw Application.hidden(path) }
        guard Folder.isFolder(Folder.parent(of: path)) else {
            throw Failure(
                .destinationInvalid, "the folder of the original data file '\(path)' does not exist",
                hint: "Create it, or restore into a folder with --to.")
        }
        return path
    }

    /// The data file that a restore in place replaces.
    /// - Parameter named: the path that the person gave; nil for the data file whose own record knows the archive.
    /// - Throws: 1513 when the archive holds no data, 1519 when nobody but the archive says where they belong, 1407, and 1511.
    static func inPlace(_ named: String?, _ archive: String, _ manifest: Manifest) throws(Failure) -> String {
        guard let original = manifest.items.first(where: { $0.role == .data })?.originalPath else { throw noData(archive) }
        if let named {
            let path = Folder.join(Folder.resolved(Folder.parent(of: named)) ?? Folder.parent(of: named), Folder.name(of: named))
            return try checkOriginal(Folder.resolved(named) ?? path, archive)
        }
        if let known = try ArchiveHome.known(archive, manifest) { return try checkOriginal(known, archive) }
        throw Failure(
            .badValue, "nothing but the archive '\(archive)' says that its data belong to '\(original)'",
            hint: "Name the data file that is to be replaced with --data, or restore into a folder with --to.")
    }

    /// The path, or where something stands already the path with the first number that is free.
    static func free(_ path: String) -> String {
        guard Folder.exists(path) else { return path }
        return (2...999).lazy.map { "\(path)-\($0)" }.first { !Folder.exists($0) } ?? path
    }

    static func noData(_ archive: String) -> Failure {
        Failure(.fileNotFound, "the archive '\(archive)' holds no data file", hint: "Restore its items into a folder instead.")
    }

    /// Beside the data file that the archive is a backup of, or beside the archive where no record knows it.
    static func standard(archive: String, _ manifest: Manifest) -> String {
        let original = ((try? ArchiveHome.known(archive, manifest)) ?? nil).map { Folder.parent(of: $0) }
        let folder = original.flatMap { Folder.isFolder($0) ? $0 : nil } ?? Folder.parent(of: Folder.resolved(archive) ?? archive)
        let name = Folder.name(of: archive)
        return Folder.join(folder, name.hasSuffix(".4BK") ? String(name.dropLast(4)) : name + " restored")
    }
}
