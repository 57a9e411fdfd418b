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
        try LogHeader.checkRoom(for: header.tables, path: path)
        do throws(SystemError) {
            let publication = try Publication(path)
            if let status { try publication.file.adopt(owner: status.st_uid, group: status.st_gid, mode: status.st_mode) }
            let stream = try NewLog.begin(header, in: publication.file, effort: effort, commitsEachBlock: true, key: key)
            return LogPublication(publication, stream, header, isSealed: sealed)
        } catch { throw failure(path, error) }
    }

    /// Tables that the header does not hold already.
    func define(_ tables: [TableDefinition]) throws(Failure) {
        let known = Dictionary(header.tables.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        try write(Definitions(tables: tables.filter { known[$0.id] != $0 }))
    }

    /// Every context of the log `reader`.
    func defineContexts(of reader: LogReader) throws(Failure) {
        var some = Definitions()
        try reader.contexts.forEach { (number, context) throws(Failure) in
            try add(number, context, &some)
            return .next
        }
        try write(some)
    }

    /// The contexts of the operations in `range`, so that each is known before its operations are copied. One may be defined twice.
    func defineContexts(of range: ClosedRange<UInt64>, in reader: LogReader) throws(Failure) {
        var some = Definitions()
        var defined: Set<UInt32> = []
        // What cannot be read is told when it is copied.
        try reader.forEachBlock(in: range, reverse: false, filter: nil, damage: { _ in }) { (block) throws(Failure) in
            guard try reader.open(block) else { return .next }
            for index in 0..<reader.decoder.count {
                let operation = reader.decoder.bare(index)
                guard range.contains(operation.number), operation.context != 0, defined.insert(operation.context).inserted else { continue }
                if let context = try reader.context(operation.context) { try add(operation.context, context, &some) }
                if defined.count >= LogPublication.mostRemembered { defined.removeAll(keepingCapacity: true) }
            }
            return .next
        }
        try write(some)
    }

    /// Contexts already written that are remembered.
    private static let mostRemembered = 65_536

    private func add(_ number: UInt32, _ context: Context, _ some: inout Definitions) throws(Failure) {
        some.contexts.append(.init(number: number, context: context))
        guard some.contexts.count >= 1024 else { return }
        try write(some)
        some.contexts.removeAll(keepingCapacity: true)
    }

    private func write(_ definitions: Definitions) throws(Failure) {
        guard !definitions.isEmpty else { return }
        do throws(SystemError) { try stream.writeDefinitions(definitions, to: publication.file) } catch {
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
