// An open log file, read through one window: blocks stand side by side, so reading ahead (or back) saves most calls.

import FileSystem
import Parity
import Vocabulary

/// A file and the part of it that was read last. One thread at a time.
final class OpenLog {
    let path: String
    let file: File
    private var window = Bytes()
    private var windowStart: UInt64 = 0
    private static let readAhead: UInt64 = 256 << 10
    /// A window that grew for one large block is given back afterwards.
    private static let windowKept = 4 << 20
    /// The parity file through which a log backup is read; nil without one.
    let protection: ProtectedInput?

    /// - Parameter repairing: read a sealed log through the parity file beside it.
    init(_ path: String, _ access: File.Access, repairing: Bool = true) throws(Failure) {
        self.path = path
        // A parity file that is of no use is passed over: the log may be sound.
        if repairing, case .read = access, let parity = try? ParityFile.open(ParityFile.path(of: path)), parity.partCount == 1 {
            let input = ProtectedInput(parity, paths: [path])
            protection = input.belongs ? input : nil
        } else {
            protection = nil
        }
        do { file = try File(path, access) } catch {
            throw Failure(
                error.isMissing ? .logMissing : error.isPermission ? .noPermission : .readFailed,
                "the log '\(path)' cannot be opened", cause: error.reason,
                hint: "Check the path and the permissions of the file.")
        }
    }

    /// The writer's lock, also where opening failed behind the taking; a reader has none.
    deinit { AdvisoryLock.release(file.descriptor) }

    func size() throws(Failure) -> UInt64 {
        if let protection { return protection.size }
        do { return try file.size() } catch { throw readFailure(error) }
    }

    func readFailure(_ error: SystemError) -> Failure {
        Failure(
            error.isPermission ? .noPermission : .readFailed, "the log '\(path)' cannot be read", cause: error.reason,
            hint: "Check the disk that holds it.")
    }

    /// Forgets what was read: the file may have changed there.
    func forget() { window.resize(to: 0) }

    /// `count` bytes at `offset`, valid until the next call; fewer only at the end of the file. `ahead` tells whether neighbours will be
    /// asked for next.
    func bytes(at offset: UInt64, count: Int, ahead: Bool = true) throws(Failure) -> UnsafeRawBufferPointer {
        let windowEnd = windowStart + UInt64(window.count)
        if offset >= windowStart, offset + UInt64(count) <= windowEnd {
            let start = Int(offset - windowStart)
            return window.view(start..<start + count)
        }
        var start = offset
        var length = count
        if ahead, UInt64(count) < OpenLog.readAhead {
            if offset >= windowStart, offset <= windowEnd, window.count > 0 {
                length = Int(OpenLog.readAhead)
            } else if offset < windowStart, offset + UInt64(count) + OpenLog.readAhead > windowStart {
                // Going backwards: let the window end where this request ends.
                let end = offset + UInt64(count)
                start = end > OpenLog.readAhead ? end - OpenLog.readAhead : 0
                length = Int(end - start)
            } else {
                length = max(count, 4096)
            }
        }
        if length < OpenLog.windowKept { window.shrink(above: OpenLog.windowKept) }
        window.resize(to: length)
        let got: Int
        if let protection {
            got = min(length, Int(clamping: protection.size - min(start, protection.size)))
            do throws(ProtectedInput.Loss) {
                try protection.read(into: UnsafeMutableRawBufferPointer(start: window.base, count: got), at: start)
            } catch {
                window.resize(to: 0)  // Untested: damage of a block is met where it is unfolded, of the map before the log is open.
                // Untested: as above.
                throw Failure(
                    .logDamaged, "the log '\(path)' is damaged at byte \(error.offset)",
                    cause: "these bytes cannot be read, and are more than its parity file can repair",
                    hint: "Save what is left of it with 'msc repair'.")
            }
        } else {
            do { got = try file.read(into: UnsafeMutableRawBufferPointer(start: window.base, count: length), at: start) } catch {
                window.resize(to: 0)
                throw readFailure(error)
            }
        }
        window.resize(to: got)
        windowStart = start
        let skip = min(Int(offset - start), got)
        return window.view(skip..<min(skip + count, got))
    }

    /// The undamaged block header at `offset`, or nil. Throws 1503 for a block of a newer version of the format.
    func header(at offset: UInt64, ahead: Bool = true) throws(Failure) -> BlockHeader? {
        let bytes = try bytes(at: offset, count: LogFormat.blockHeaderSize, ahead: ahead)
        if let header = BlockHeader(bytes, at: offset) { return header }
        guard let version = BlockHeader.newerVersion(bytes, at: offset) else { return nil }
        throw Failure(
            .unsupportedVersion, "the log '\(path)' has a block at byte \(offset) that this program does not know",
            cause: "it needs a program that reads format version \(version)", hint: "Use a newer version of this program.")
    }

    /// The block that ends at `end` and agrees with its trailer, or nil.
    func header(endingAt end: UInt64) throws(Failure) -> BlockHeader? {
        let smallest = UInt64(LogFormat.blockHeaderSize + LogFormat.trailerSize)
        guard end > smallest else { return nil }
        var trailer = BytesReader(try bytes(at: end - UInt64(LogFormat.trailerSize), count: LogFormat.trailerSize))
        let stored = trailer.number(UInt32.self)
        let checksum = trailer.number(UInt32.self)
        guard !trailer.isDamaged, UInt64(stored) + smallest < end,
            let header = try header(at: end - smallest - UInt64(stored)),
            header.summary.stored == stored, header.checksum == checksum
        else { return nil }
        return header
    }

    /// Whether the block's trailer is in place: the block was written to its end.
    func isComplete(_ header: BlockHeader, fileSize: UInt64) throws(Failure) -> Bool {
        guard header.summary.end <= fileSize else { return false }
        var trailer = BytesReader(try bytes(at: header.summary.end - UInt64(LogFormat.trailerSize), count: LogFormat.trailerSize))
        return trailer.number(UInt32.self) == header.summary.stored && trailer.number(UInt32.self) == header.checksum
    }

    /// The first undamaged block header at or after `offset` that lies before `end`.
    func nextHeader(from offset: UInt64, before end: UInt64) throws(Failure) -> BlockHeader? {
        var at = offset
        while at + UInt64(LogFormat.blockHeaderSize) <= end {
            let piece = try bytes(at: at, count: min(64 << 10, Int(end - at)))
            guard piece.count >= LogFormat.blockHeaderSize else { return nil }
            let last = piece.count - LogFormat.blockHeaderSize
            var candidates: [Int] = []
            for place in 0...last where piece[place] == 0x4d {
                if UInt32(littleEndian: piece.loadUnaligned(fromByteOffset: place, as: UInt32.self)) == LogFormat.blockMagic {
                    candidates.append(place)
                }
            }
            for place in candidates {
                if let header = try header(at: at + UInt64(place)), header.summary.end <= end { return header }
            }
            at += UInt64(last + 1)
        }
        return nil
    }
}

extension SystemError {
    /// Nothing stands at the path (ENOENT, ENOTDIR).
    var isMissing: Bool { errno == 2 || errno == 20 }
}
