// Reading a .4BK, or its segments as one. The file may be damaged, cut, or made to do harm: it is checked before a byte of
// it is believed, and what is written to disk gets its name only when CRC and SHA-256 agree.

import Deflate
public import FileSystem
internal import Glibc
public import Parity
public import Vocabulary

/// An open archive. Belongs to the thread that made it; the archive is never changed. Memory: at most 50 MB.
public final class ArchiveReader {
    /// As it was asked for.
    public let path: String
    /// Bytes of all of them.
    public var bytes: UInt64 { input.size }
    /// What `extract` and `verify` will decompress in all, for the progress; 0 when it is not known.
    public var expectedBytes: UInt64 = 0
    /// Uncompressed bytes that `extract` and `verify` have done so far.
    public private(set) var bytesDone: UInt64 = 0

    let input: ArchiveInput
    let directory: ZipDirectory
    private let decoder: EntryDecoder
    private var cachedManifest: Manifest?
    /// The bytes that the manifest's code is about; empty where it has none.
    private var coded: [UInt8] = []

    /// Opens an archive and checks its directory; no data are decompressed yet.
    /// With its parity file beside it, damaged bytes come out as they were, as far as they can be repaired: see `repaired`.
    /// - Parameters:
    ///   - path: the archive, any segment of it, or the name it would have in one piece.
    ///   - repairing: false to see the archive as it is.
    /// - Throws: 1410 when it or a segment is missing, 1411 when it is damaged, 1503 when an entry is in a form that this
    ///   program does not read, 1514 when an entry's name or kind could do harm, 1511 and 1515 when it cannot be read.
    public convenience init(path: String, repairing: Bool = true) throws(Failure) {
        try self.init(path: path, repairing: repairing, codec: .best, cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    }

    init(path: String, repairing: Bool = true, codec: Codec, cores: Int) throws(Failure) {
        self.path = path
        // A parity file that is of no use is passed over: the archive may be sound.
        let parity = repairing ? try? ParityFile.open(ArchiveReader.parityPath(of: path)) : nil
        do throws(Failure) {
            let input = try ArchiveInput(path: path)
            directory = try ZipDirectory(of: input)
            if let parity { input.protect(with: parity) }
            self.input = input
        } catch {
            guard let parity else { throw error }
            let input = ArchiveInput(path: path, parity)
            // What is wrong with the archive itself says more than what is wrong after a repair that failed.
            guard let found = try? ZipDirectory(of: input) else { throw error }
            directory = found
            self.input = input
        }
        decoder = EntryDecoder(input: input, codec: codec, cores: cores)
    }

    /// Where the parity file of an archive stands, be there one or not: beside it, named after it in one piece.
    public static func parityPath(of path: String) -> String { ParityFile.path(of: SegmentName(path: path)?.archive ?? path) }

    /// The archive's files as a parity file knows them, be they there or not.
    public static func paths(of path: String, as parity: ParityFile) -> [String] { ArchiveInput.paths(of: path, as: parity) }

    /// Damaged bytes of the archive that were repaired while they were read.
    public var repaired: ByteRanges { input.protection?.repaired ?? ByteRanges() }

    /// The manifest, read once.
    /// - Throws: 1411 when it is missing, damaged or contradicts the directory, 1503 when its version is newer than ours.
    public func manifest() throws -> Manifest {
        if let cachedManifest { return cachedManifest }
        guard let entry = directory[EntryName.manifest] else {
            throw Failure.damaged(path, entry: EntryName.manifest, "this entry is missing")
        }
        guard entry.size <= Manifest.maximalSize else {
            throw Failure.damaged(path, entry: entry.name, at: entry.headerOffset, "it has \(entry.size) bytes")
        }
        var json: [UInt8] = []
        try decoder.decode(
            entry, pieces: nil, sha256: nil, sink: { json.append(contentsOf: $0) }, found: { throw $0.failure }, step: { _ in })
        let manifest = try Manifest(json: json, archive: path)
        var names: Set<[UInt8]> = []
        for item in manifest.items {
            guard let entry = directory[item.entryName], entry.size == item.size, item.entryName != EntryName.manifest,
                names.insert(Array(item.entryName.utf8)).inserted
            else { throw Failure.damaged(path, entry: item.entryName, "the manifest and the directory contradict each other") }
        }
        if manifest.integrity != nil { coded = json }
        cachedManifest = manifest
        return manifest
    }

    /// The manifest of a backup of this program: each item lies in the folder of its kind.
    /// - Throws: what `manifest` throws; 1514 when an item lies elsewhere.
    public func backupManifest() throws -> Manifest {
        let manifest = try manifest()
        for item in manifest.items {
            if let objection = EntryName.objection(to: item.entryName, as: item.role) {
                throw Failure.unsafe(path, entry: item.entryName, objection)
            }
        }
        return manifest
    }
    /// Why the manifest is not what the holder of one of these keys wrote, lower case; nil when it is. The items are held against the digests
    /// in it as they are taken out.
    /// - Throws: as `manifest`.
    public func objection(_ keys: IntegrityKeys) throws -> String? { try manifest().objection(keys, coded) }

    /// Hands an item's bytes to `sink`, in order. Only when this returns are they known to be the right ones.
    /// - Throws: 1411 when CRC or SHA-256 differ, 1406 on Stop, and what `sink` threw.
    public func extract(_ item: Manifest.Item, job: Job, to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let entry = directory[item.entryName], entry.size == item.size else {
            throw Failure.damaged(path, entry: item.entryName, "the archive has no such entry")
        }
        job.report(Progress(phase: "Extracting", subject: item.entryName, done: bytesDone, total: expectedBytes))
        try decode(entry, item, job: job, sink: sink) { throw $0.failure }
    }

    /// Decompresses and checks everything, and goes on after damage to find all of it. Changes nothing.
    /// - Parameter inspect: gets the bytes of each item that the manifest names, in order, as they are.
    /// - Returns: what is wrong; empty when the archive is sound.
    /// - Throws: 1406 on Stop, 1515 when the archive cannot be read.
    public func verify(job: Job, inspect: (Manifest.Item, UnsafeRawBufferPointer) -> Void = { _, _ in }) throws -> [ArchiveProblem] {
        var problems: [ArchiveProblem] = []
        var items: [[UInt8]: Manifest.Item] = [:]
        do {
            for item in try manifest().items { items[Array(item.entryName.utf8)] = item }
        } catch let failure as Failure where failure.code != .readFailed {
            problems.append(ArchiveProblem(entryName: EntryName.manifest, bytes: nil, failure: failure))
        }
        let hasManifest = problems.isEmpty
        for entry in directory.entries where entry.name != EntryName.manifest {
            let item = items[Array(entry.name.utf8)]
            if hasManifest, item == nil {
                let failure = Failure.damaged(path, entry: entry.name, at: entry.headerOffset, "the manifest does not name it")
                problems.append(ArchiveProblem(entryName: entry.name, bytes: nil, failure: failure))
            }
            job.report(Progress(phase: "Checking the archive", subject: entry.name, done: bytesDone, total: expectedBytes))
            try decode(entry, item, job: job, sink: { bytes in if let item { inspect(item, bytes) } }) { problems.append($0) }
        }
        return problems
    }

    private func decode(
        _ entry: ZipEntry, _ item: Manifest.Item?, job: Job, sink: (UnsafeRawBufferPointer) throws -> Void,
        found: (ArchiveProblem) throws -> Void
    ) throws {
        let before = bytesDone
        try decoder.decode(entry, pieces: item?.pieces, sha256: item?.sha256, sink: sink, found: found) { done in
            try job.checkStop()
            bytesDone = before + done
            job.report(done: bytesDone)
        }
    }
}
