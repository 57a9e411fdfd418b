// A complete log under a temporary name, published when it is whole (invariant I3).

import Deflate
import FileSystem
import Glibc
import Vocabulary

struct LogPublication: ~Copyable {
    private let publication: Publication
    private let stream: BlockStream
    private let header: LogHeader
    private let path: String
    private let isSealed: Bool

    private init(_ publication: consuming Publication, _ stream: BlockStream, _ header: LogHeader, isSealed: Bool) {
        path = publication.path
        self.publication = publication
        self.stream = stream
        self.header = header
        self.isSealed = isSealed
    }

    /// Begins a log beside `path`. Dropped unpublished, it leaves nothing.
    static func begin(
        _ path: String, _ header: LogHeader, effort: Effort, sealed: Bool, like status: stat?, key: IntegrityKey?
    ) throws(Failure) -> LogPublication {
        do throws(SystemError) {
            let publication = try Publication(path)
            if let status { try publication.file.adopt(owner: status.st_uid, group: status.st_gid, mode: status.st_mode) }
            let stream = try NewLog.begin(header, in: publication.file, effort: effort, commitsEachBlock: true, key: key)
            return LogPublication(publication, stream, header, isSealed: sealed)
        } catch { throw failure(path, error) }
    }

    /// Definitions that the header does not hold already.
    func define(_ tables: [TableDefinition], _ contexts: [UInt32: Context], besides header: LogHeader) throws(Failure) {
        var new = Definitions(tables: tables.filter { !header.tables.contains($0) })
        for (number, context) in contexts.sorted(by: { $0.key < $1.key }) where header.contexts[number] != context {
            new.contexts.append(.init(number: number, context: context))
        }
        guard !new.isEmpty else { return }
        do throws(SystemError) { try stream.writeDefinitions(new, endingCommit: true, to: publication.file) } catch {
            throw LogPublication.failure(path, error)
        }
    }

    /// Blocks as full as a writer makes them are copied as they are stored.
    private func isFull(_ block: BlockSummary) -> Bool {
        block.stored <= UInt32(LogFormat.maximumPayload) && (block.count >= 2048 || block.unfolded >= 256 << 10)
    }

    /// Copies operations under their numbers. Throws 1413 when one of them is damaged.
    func copy(_ range: ClosedRange<UInt64>, of reader: LogReader, job: Job?) throws(Failure) {
        let path = path
        let unwelcome = { (damage: Damage) throws(Failure) -> Void in throw LogHeader.damaged(reader.path, damage.reason) }
        // Small blocks are joined operation by operation, full blocks between them are copied whole.
        try reader.forEachBlock(in: range, reverse: false, filter: nil, damage: unwelcome) { (block) throws(Failure) in
            try job?.checkStop()
            job?.report(done: block.firstOperation - min(block.firstOperation, range.lowerBound))
            let first = max(block.firstOperation, range.lowerBound)
            let last = min(block.nextOperation - 1, range.upperBound)
            if first == block.firstOperation, last + 1 == block.nextOperation, isFull(block) {
                let bytes = try reader.map.input.bytes(at: block.payloadOffset, count: Int(block.stored))
                guard bytes.count == Int(block.stored), Codec.best.checksum(bytes) == block.payloadChecksum else {
                    throw LogHeader.damaged(reader.path, LogReader.damage(of: block, in: range).reason)
                }
                do throws(SystemError) { try stream.writeStored(block, payload: bytes, to: publication.file) } catch {
                    // Untested: fault loops write logs of small blocks; all others of this file's writes fail in them.
                    throw LogPublication.failure(path, error)
                }
            } else {
                guard try reader.open(block), reader.decoder.decodeImages(wanted: reader.decoder.tables.map { _ in true }) else {
                    throw LogHeader.damaged(reader.path, LogReader.damage(of: block, in: range).reason)
                }
                for number in first...last { try append(reader.decoder.operation(Int(number - block.firstOperation))) }
            }
            return .next
        }
    }

    /// Takes one operation under its own number; what is missing before it stays missing.
    func append(_ operation: Operation) throws(Failure) {
        do throws(SystemError) {
            if operation.number != stream.state.nextOperation {
                try stream.flush(endingCommit: true, to: publication.file)
                stream.state.nextOperation = operation.number
            }
            try stream.append(operation, to: publication.file)
        } catch { throw LogPublication.failure(path, error) }
    }

    consuming func publish(replacing: Bool) throws(Failure) -> SealedLog {
        let path = path
        let first = header.firstOperation
        do throws(SystemError) {
            if isSealed {
                try stream.writeSeal(to: publication.file)
            } else {
                try stream.endCommit(to: publication.file)
            }
            let state = stream.state
            try publication.publish(replacing: replacing)
            return SealedLog(
                path: path, firstOperation: first, lastOperation: state.nextOperation - 1, bytes: state.end,
                lastDigest: state.digest)
        } catch { throw LogPublication.failure(path, error) }
    }

    /// What to tell when the final name was not free; nil for any other error.
    static func taken(_ path: String, _ error: SystemError) -> Failure? {
        guard error.errno == EEXIST && error.call == .link else { return nil }
        return Failure(
            .destinationExists, "something already stands at '\(path)'", hint: "Choose another name, or move the file away.")
    }

    static func failure(_ path: String, _ error: SystemError) -> Failure {
        taken(path, error) ?? Failure(
            .logSaveFailed, "the log '\(path)' cannot be saved", cause: error.reason,
            hint: "Make room at the destination or choose another one, then try again.")
    }
}
