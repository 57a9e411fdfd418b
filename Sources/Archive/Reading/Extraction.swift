// Items onto the disk: under a temporary name until CRC and SHA-256 agree (I3), never over a file that is there, never
// through a link below the destination.

internal import FileSystem
internal import Glibc
public import Vocabulary

extension ArchiveReader {
    /// Writes an item to a path that the user chose; its folder must exist, links on the way to it are followed.
    /// - Parameter ownership: of the new file; nil for this user, or made by root the folder's owner, and the item's own permission bits.
    /// - Throws: 1504 when something stands at `path`, 1411 when the item is damaged, 1406 on Stop, 1505, 1511 or 1516 when
    ///   it cannot be written. After an error nothing stands at `path`; kill -9 leaves at most a temporary file beside it.
    public func extract(_ item: Manifest.Item, toFile path: String, ownership: Ownership? = nil, job: Job) throws {
        try extract(item, toFile: path, in: nil, ownership: ownership, job: job)
    }

    /// Writes an item below a folder, under its name in the archive or another relative one. Missing folders are made, mode
    /// 0700, and stay when the item fails; a link below `folder` is refused (1514). Otherwise as `extract(_:toFile:)`.
    public func extract(
        _ item: Manifest.Item, below folder: String, as name: String? = nil, ownership: Ownership? = nil, job: Job
    ) throws {
        let name = name ?? item.entryName
        if let objection = EntryName.objection(to: name) { throw Failure.unsafe(path, entry: name, objection) }
        let target = Folder.join(folder, name)
        let parts = name.split(separator: "/").map(String.init)
        do {
            var parent = try FolderHandle(folder)
            for part in parts.dropLast() { parent = try parent.subfolder(part) }
            // The temporary file, the final name and the folder's sync all go through the open folder.
            try extract(item, toFile: target, in: parent, ownership: ownership, job: job)
        } catch let error as SystemError {
            throw Failure.notExtracted(target, error)
        }
    }

    private func extract(
        _ item: Manifest.Item, toFile target: String, in folder: FolderHandle?, ownership: Ownership?, job: Job
    ) throws {
        do {
            if Folder.exists(target) { throw Failure.occupied(target) }
            let publication = try Publication(target, in: folder)
            var position: UInt64 = 0
            try extract(item, job: job) { bytes in
                try publication.file.write(bytes, at: position)
                position += UInt64(bytes.count)
            }
            if let ownership {
                try publication.file.adopt(owner: ownership.owner, group: ownership.group, mode: ownership.mode)
            } else {
                try publication.file.setMode(mode_t(item.mode & 0o777))
            }
            try publication.file.setModified(item.modified)
            try publication.publish()
        } catch let error as SystemError {
            throw Failure.notExtracted(target, error)
        }
    }
}
