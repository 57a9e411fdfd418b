// An entry's bytes from the archive to whoever wants them, in order and checked: by pieces on all cores where the manifest
// names them, one stream otherwise. The caller's own thread reads the archive and hands the bytes out; only inflating and
// digesting happen elsewhere, on buffers that keep themselves alive, so an error simply leaves the loop.

import Deflate
internal import Dispatch
internal import Vocabulary

final class EntryDecoder {
    private static let slice = 256 << 10

    private let input: ArchiveInput
    private let codec: Codec
    private let queue = DispatchQueue(label: "archive.inflate", attributes: .concurrent)
    private let ringSize: Int
    private var ring: [Piece] = []

    /// - Parameter cores: threads to keep busy. Memory is 8.4 MB for each piece of the ring, at most 5 pieces.
    init(input: ArchiveInput, codec: Codec, cores: Int) {
        self.input = input
        self.codec = codec
        ringSize = min(max(1, cores) + 2, 5)
    }

    /// Decodes all of an entry.
    /// - Parameters:
    ///   - sha256: the digest it must have; nil when only the CRC is known.
    ///   - sink: takes the bytes in order; they are gone when it returns. Bytes of damaged pieces are left out.
    ///   - found: told of every problem; throwing ends the work.
    ///   - step: called with the bytes done; may throw to stop.
    func decode(
        _ entry: ZipEntry, pieces: Manifest.Pieces?, sha256: String?, sink: (UnsafeRawBufferPointer) throws -> Void,
        found: (ArchiveProblem) throws -> Void, step: (UInt64) throws -> Void
    ) throws {
        let digest = sha256 == nil ? nil : DigestLane()
        let digested = DispatchSemaphore(value: 0)
        // The digest runs on its own queue while the sink writes.
        func deliver(_ bytes: UnsafeRawBufferPointer) throws {
            digest?.update(Borrowed(buffer: bytes, owner: nil), then: digested)
            defer { if digest != nil { digested.wait() } }
            // In slices: one write of a whole piece costs the kernel several times as much.
            for start in stride(from: 0, to: bytes.count, by: EntryDecoder.slice) {
                try sink(UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + EntryDecoder.slice)]))
            }
        }
        try step(0)
        let isSound =
            if let pieces, EntryDecoder.fits(pieces, entry) {
                try decodePieces(entry, pieces, deliver: deliver, found: found, step: step)
            } else {
                try decodeStream(entry, deliver: deliver, found: found, step: step)
            }
        // Lost bytes were reported one by one; that the whole differs too is no news.
        if isSound, let digest, digest.finish() != sha256 {
            try found(problem(entry, at: entry.dataOffset, bytes: nil, "its SHA-256 differs from the manifest's"))
        }
    }

    /// Whether the pieces describe this entry. They do not when another program has compressed it anew: then it is read as
    /// one stream, which needs no help.
    private static func fits(_ pieces: Manifest.Pieces, _ entry: ZipEntry) -> Bool {
        guard pieces.size >= 1 << 16, pieces.size <= Piece.maximalSize, entry.size > 0 else { return false }
        let count = (entry.size - 1) / pieces.size + 1
        guard pieces.ends.count == count, pieces.checksums.count == count, pieces.ends.last == entry.compressedSize
        else { return false }
        var start: UInt64 = 0
        for end in pieces.ends {
            guard end > start, end - start <= Piece.maximalCompressedSize else { return false }
            start = end
        }
        return true
    }

    private func decodePieces(
        _ entry: ZipEntry, _ pieces: Manifest.Pieces, deliver: (UnsafeRawBufferPointer) throws -> Void,
        found: (ArchiveProblem) throws -> Void, step: (UInt64) throws -> Void
    ) throws -> Bool {
        while ring.count < ringSize { ring.append(Piece(codec: codec)) }
        // Pieces still in work when an error ends this are left to finish alone; the next entry takes new ones.
        let ring = ring
        self.ring = []
        var started = 0
        var taken = 0
        var checksum: UInt32 = 0
        var isSound = true
        while taken < pieces.ends.count {
            while started < pieces.ends.count, started - taken < ring.count {
                let start = started == 0 ? 0 : pieces.ends[started - 1]
                let range = EntryDecoder.range(of: started, pieces, entry)
                try ring[started % ring.count].start(
                    compressedCount: Int(pieces.ends[started] - start), size: range.count,
                    isDeflated: entry.method == Zip.deflated, on: queue
                ) { try input.read(into: $0, at: entry.dataOffset + start) }
                started += 1
            }
            let piece = ring[taken % ring.count]
            piece.wait()
            let range = EntryDecoder.range(of: taken, pieces, entry)
            if piece.isWhole, piece.checksum == pieces.checksums[taken] {
                checksum = Codec.combine(checksum, piece.checksum, length: range.count)
                try deliver(piece.bytes)
            } else {
                isSound = false
                let start = entry.dataOffset + (taken == 0 ? 0 : pieces.ends[taken - 1])
                try found(problem(entry, at: start, bytes: range, "bytes \(range.lowerBound) to \(range.upperBound - 1) of the file are lost"))
            }
            taken += 1
            try step(range.upperBound)
        }
        self.ring = ring
        if isSound, checksum != entry.checksum {
            isSound = false
            try found(problem(entry, at: entry.dataOffset, bytes: nil, "its CRC-32 differs"))
        }
        return isSound
    }

    private static func range(of index: Int, _ pieces: Manifest.Pieces, _ entry: ZipEntry) -> Range<UInt64> {
        let start = UInt64(index) * pieces.size
        return start..<min(entry.size, start + pieces.size)
    }

    private func decodeStream(
        _ entry: ZipEntry, deliver: (UnsafeRawBufferPointer) throws -> Void,
        found: (ArchiveProblem) throws -> Void, step: (UInt64) throws -> Void
    ) throws -> Bool {
        var stream = EntryStream(entry: entry, input: input, codec: codec)
        var checksum: UInt32 = 0
        var done: UInt64 = 0
        while let bytes = try stream.next() {
            checksum = codec.checksum(bytes, from: checksum)
            done += UInt64(bytes.count)
            try deliver(bytes)
            try step(done)
        }
        if stream.isWhole, checksum == entry.checksum { return true }
        let lost = stream.isWhole ? nil : done..<entry.size
        let what = stream.isWhole ? "its CRC-32 differs" : "it cannot be decompressed after byte \(done) of \(entry.size)"
        try found(problem(entry, at: stream.position, bytes: lost, what))
        return false
    }

    private func problem(_ entry: ZipEntry, at offset: UInt64, bytes: Range<UInt64>?, _ what: String) -> ArchiveProblem {
        ArchiveProblem(
            entryName: entry.name, bytes: bytes, failure: .damaged(input.archive, entry: entry.name, at: offset, what))
    }
}
