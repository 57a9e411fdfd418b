// Making a .4BK (docs/formats/4bk.md): entries one after the other, the manifest last, then the directory, then publication.

import Deflate
public import FileSystem
internal import Glibc
public import Vocabulary

/// Writes one archive. Belongs to the thread that made it.
///
/// Nothing stands under a final name before `finish` returns. Every error, Stop included (1406), and dropping the writer
/// unfinished leave no file. kill -9 leaves files with temporary names, which `Folder.removeLeftovers` clears; in the
/// instant of publication also, of an archive in segments, later ones without the first, which no reader takes for an archive.
/// Memory: at most 50 MB, whatever is written.
public final class ArchiveWriter {
    /// A file to be added.
    public struct Entry: Sendable, Equatable {
        public var role: Manifest.Role
        /// Name in the archive, relative, with `/` between its parts: `Data/SampleDB.db`.
        public var name: String
        public var originalPath: String
        /// Unix permission bits.
        public var mode: UInt32
        /// Milliseconds since 1970-01-01 UTC.
        public var modified: Int64

        public init(role: Manifest.Role, name: String, originalPath: String, mode: UInt32, modified: Int64) {
            self.role = role
            self.name = name
            self.originalPath = originalPath
            self.mode = mode
            self.modified = modified
        }
    }

    /// A finished archive.
    public struct Result: Sendable, Equatable {
        /// The file, or its segments in order.
        public var paths: [String]
        /// Bytes of all of them.
        public var bytes: UInt64
        /// With the items filled in.
        public var manifest: Manifest
    }

    /// The path of the archive in one piece, also when it is cut into segments.
    public let path: String
    private let output: ArchiveOutput
    private let job: Job
    private let codec: Codec
    private let cores: Int
    private let expectedBytes: UInt64
    private var pipeline: (compression: Compression, pipeline: BlockPipeline)?
    private var entries: [ZipEntry] = []
    private var names: Set<[UInt8]> = []
    private var items: [Manifest.Item] = []
    private var isOver = false
    /// Uncompressed bytes added so far.
    public private(set) var bytesRead: UInt64 = 0

    /// - Parameters:
    ///   - path: the archive's final path, `SampleDB[0006].4BK`; nothing may stand there.
    ///   - segmentSize: bytes after which the stream is cut; nil for one file. Segments are called as `SegmentName` says.
    ///   - ownership: for the files made; nil for this user's, mode 0600.
    ///   - expectedBytes: what will be added in all, for the progress; 0 when it is not known.
    /// - Throws: 1504 when something stands at `path`, 1409 when the file cannot be created.
    public convenience init(
        path: String, segmentSize: UInt64? = nil, ownership: Ownership? = nil, expectedBytes: UInt64 = 0, job: Job
    ) throws(Failure) {
        try self.init(
            path: path, segmentSize: segmentSize, ownership: ownership, expectedBytes: expectedBytes, job: job,
            codec: .best, cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    init(
        path: String, segmentSize: UInt64?, ownership: Ownership?, expectedBytes: UInt64, job: Job, codec: Codec, cores: Int
    ) throws(Failure) {
        self.path = path
        self.job = job
        self.codec = codec
        self.cores = cores
        self.expectedBytes = expectedBytes
        output = try ArchiveOutput(archive: path, segmentSize: segmentSize, ownership: ownership)
    }

    /// Adds a file, streaming it: reads ahead, compresses on all cores, digests and writes, one megabyte at a time.
    /// - Parameter source: fills the buffer with the file's next bytes and says how many; 0 at the end. Called on this thread.
    /// - Returns: the item as the manifest will list it.
    /// - Throws: 1406 on Stop, 1409 when writing failed, 1514 for a name that no reader would accept or that is taken;
    ///   and what `source` threw. After an error the archive is gone and the writer cannot be used any more.
    @discardableResult
    public func addEntry(
        _ entry: Entry, compression: Compression, source: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> Manifest.Item {
        try unlessItFails {
            if entry.name == EntryName.manifest {
                throw Failure.unsafe(path, entry: entry.name, "this name is kept for the manifest")
            }
            let outcome = try write(entry, compression: compression, source: source)
            let item = Manifest.Item(
                role: entry.role, entryName: entry.name, originalPath: entry.originalPath, size: outcome.size,
                modified: entry.modified, mode: entry.mode & 0o7777, sha256: outcome.sha256,
                pieces: outcome.pieceEnds.count < 2
                    ? nil
                    : Manifest.Pieces(
                        size: BlockPipeline.pieceSize, ends: outcome.pieceEnds, checksums: outcome.pieceChecksums))
            items.append(item)
            return item
        }
    }

    /// Adds the manifest with the items added so far, ends the archive, and publishes it: durable, then named.
    /// - Parameter key: lets the manifest carry a code made with it.
    /// - Throws: 1406, 1409, and 1504 when something came to stand at the path meanwhile; then nothing is left.
    public func finish(_ manifest: Manifest, key: IntegrityKey? = nil) throws -> Result {
        try unlessItFails {
            var manifest = manifest
            manifest.items = items
            let json = try manifest.coded(with: key)
            guard json.count <= Manifest.maximalSize else {
                throw Failure(
                    .archiveSaveFailed, "archive '\(path)' could not be saved: its manifest would have \(json.count) bytes",
                    hint: "Put the attachments into fewer and larger files.")
            }
            var given = 0
            let entry = Entry(
                role: .data, name: EntryName.manifest, originalPath: "", mode: 0o600, modified: manifest.endTime)
            _ = try write(entry, compression: .fast) { buffer in
                let part = json[given..<min(json.count, given + buffer.count)]
                buffer.copyBytes(from: part)
                given += part.count
                return part.count
            }
            try writeDirectory()
            try job.checkStop()
            let paths = try output.publish()
            isOver = true
            return Result(paths: paths, bytes: output.position, manifest: manifest)
        }
    }

    /// Gives the archive up: nothing is left. Dropping the writer does the same.
    public func abandon() {
        isOver = true
        output.abandon()
    }

    private func unlessItFails<Value>(_ body: () throws -> Value) throws -> Value {
        precondition(!isOver, "this archive was finished or given up")
        do {
            return try body()
        } catch {
            abandon()
            throw error
        }
    }

    private func write(
        _ entry: Entry, compression: Compression, source: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> BlockPipeline.Outcome {
        if let objection = EntryName.objection(to: entry.name) {
            throw Failure.unsafe(path, entry: entry.name, objection)
        }
        guard names.insert(Array(entry.name.utf8)).inserted else {
            throw Failure.unsafe(path, entry: entry.name, "there are two entries with this name")
        }
        let before = bytesRead
        job.report(Progress(phase: "Writing the archive", subject: entry.originalPath, done: before, total: expectedBytes))
        var record = ZipEntry(
            name: entry.name, method: compression == .none ? Zip.stored : Zip.deflated, mode: entry.mode & 0o7777,
            modified: entry.modified.flooredQuotient(by: 1000), headerOffset: output.position)
        try output.write(record.localHeader())
        let outcome = try pipeline(for: compression).run(source: source, write: { try output.write($0) }) { done in
            try job.checkStop()
            bytesRead = before + done
            job.report(done: expectedBytes == 0 ? bytesRead : min(bytesRead, expectedBytes))
        }
        record.checksum = outcome.checksum
        record.compressedSize = outcome.compressedSize
        record.size = outcome.size
        try output.write(record.descriptor())
        entries.append(record)
        return outcome
    }

    /// One set of buffers at a time; entries that follow each other with the same compression share it.
    private func pipeline(for compression: Compression) -> BlockPipeline {
        if let pipeline, pipeline.compression == compression { return pipeline.pipeline }
        pipeline = nil
        let new = BlockPipeline(compression: compression, codec: codec, cores: cores)
        pipeline = (compression, new)
        return new
    }

    private func writeDirectory() throws {
        let start = output.position
        var bytes: [UInt8] = []
        for entry in entries {
            bytes += entry.centralHeader()
            if bytes.count > Block.size {
                try output.write(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        try output.write(bytes)
        let end = ZipEnd(
            entryCount: UInt64(entries.count), directorySize: output.position - start, directoryOffset: start)
        try output.write(end.bytes())
    }
}

extension Int64 {
    /// Seconds of a time in milliseconds, also before 1970.
    fileprivate func flooredQuotient(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
