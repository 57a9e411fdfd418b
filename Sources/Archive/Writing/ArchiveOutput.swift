// The byte stream of an archive on its way to disk: one file, or segments cut from it. Everything has a temporary name
// until all of it is durable (I3); the first segment gets its final name last, so that a set with a first segment is whole.

internal import FileSystem
internal import Vocabulary

final class ArchiveOutput {
    private let archive: String
    private let segmentSize: UInt64
    private let isSegmented: Bool
    private let ownership: Ownership?
    private var current: Publication?
    /// Where all segments are written; nil before the first.
    private var folder: FolderHandle?
    private var room: UInt64 = 0
    /// Bytes of the current segment that the system was told to begin writing.
    private var flushed: UInt64 = 0
    private var sealed: [SealedPublication] = []
    private var segmentCount = 0
    private static let portion: UInt64 = 8 << 20
    /// Bytes written so far, segments taken as one.
    private(set) var position: UInt64 = 0

    /// - Parameter segmentSize: nil for one file of any size.
    init(archive: String, segmentSize: UInt64?, ownership: Ownership?) throws(Failure) {
        self.archive = archive
        self.isSegmented = segmentSize != nil
        self.segmentSize = segmentSize ?? .max
        self.ownership = ownership
        precondition(self.segmentSize > 0, "a segment holds at least one byte")
        for path in [archive, SegmentName(archive: archive, number: 1).path] where Folder.exists(path) {
            throw .occupied(path)
        }
        try openNext()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
        var rest = bytes
        while !rest.isEmpty {
            if room == 0 {
                try seal()
                try openNext()
            }
            let part = UnsafeRawBufferPointer(rebasing: rest.prefix(Int(min(UInt64(rest.count), room))))
            do throws(SystemError) {
                try current?.file.write(part, at: segmentSize - room)
            } catch { throw .notSaved(archive, error) }
            room -= UInt64(part.count)
            position += UInt64(part.count)
            startWriting()
            rest = UnsafeRawBufferPointer(rebasing: rest[part.count...])
        }
    }

    /// The disk works while we compress; all of it at the end would hold up every other program's sync.
    private func startWriting() {
        let size = segmentSize - room
        guard size - flushed >= ArchiveOutput.portion else { return }
        current?.file.startWriting(from: flushed, count: size - flushed)
        flushed = size
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        // The cast only names the error type that the closure throws, which `withUnsafeBytes` does not keep.
        let result = bytes.withUnsafeBytes { buffer in Result { () throws(Failure) in try write(buffer) } }
        try result.get()
    }

    /// Gives every segment its final name, the first one last. Fails as a whole: then none has it.
    /// - Returns: the paths, in order.
    func publish() throws(Failure) -> [String] {
        try seal()
        var published: [String] = []
        for publication in sealed.dropFirst() + sealed.prefix(1) {
            do {
                try publication.publish()
                published.append(publication.path)
            } catch {
                // What cannot be removed either is a segment without a first one: recognisable as no archive.
                for path in published { try? Folder.removeFile(path) }
                throw error.errno == 17 /* EEXIST */ ? .occupied(publication.path) : .notSaved(archive, error)
            }
        }
        let paths = sealed.map(\.path)
        sealed = []
        return paths
    }

    /// Removes everything written so far.
    func abandon() {
        current = nil
        sealed = []
    }

    private func openNext() throws(Failure) {
        segmentCount += 1
        guard segmentCount <= SegmentName.maximalNumber else {
            throw Failure(
                .archiveSaveFailed, "archive '\(archive)' could not be saved: it needs more than 9999 segments",
                hint: "Choose larger segments in the settings.")
        }
        let path = isSegmented ? SegmentName(archive: archive, number: segmentCount).path : archive
        do throws(SystemError) {
            let publication = try Publication(path, in: folder)
            folder = publication.folder
            if let ownership {
                try publication.file.adopt(owner: ownership.owner, group: ownership.group, mode: ownership.mode)
            }
            current = consume publication
        } catch { throw .notSaved(archive, error) }
        room = segmentSize
        flushed = 0
    }

    private func seal() throws(Failure) {
        guard let publication = current.take() else { return }
        do throws(SystemError) {
            // The first one gets its name last: while it is locked, none of the others counts as abandoned.
            sealed.append(try publication.seal(keepingLock: sealed.isEmpty))
        } catch { throw .notSaved(archive, error) }
    }
}
