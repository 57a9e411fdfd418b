// The walk of LogCheck: from block to block by their lengths, each held against the one before.

import FileSystem
import Vocabulary

final class LogChecker {
    private let map: BlockMap
    private let input: OpenLog
    private let payloads: BlockPayload
    private let decoder = BlockDecoder()
    private var report = LogCheck.Report()

    /// Digest of the block before; nil behind damage, where nothing can be held against it.
    private var digest: [UInt8]?
    private var nextOperation: UInt64
    private var position: Int64
    private var lastIndex: UInt64 = 0
    private var lastDefinitions: UInt64 = 0
    private var unindexed: [BlockSummary] = []
    private var isBroken = false
    private var tables: [UInt32: ValueCounts]
    private var sealedAt: UInt64?
    /// Nil without keys.
    private var marks: MarkFollower?
    private var follower: RowFollower
    /// Operations that do not join.
    private var contradictions = Contradictions()
    private let room: Int
    /// Far more than a log that a program wrote defines; operations on further ones are told as using unknown definitions.
    private static let mostTables = 1 << 20
    /// Each reads the log once more.
    private let mostPasses: Int

    /// - Parameters:
    ///   - room: how many rows are followed at once.
    ///   - mostPasses: how often the log is read, at most, to follow all rows.
    init(_ map: BlockMap, _ keys: IntegrityKeys? = nil, room: Int = RowFollower.room, mostPasses: Int = 64) throws(Failure) {
        marks = keys.map { MarkFollower($0) }
        self.map = map
        self.room = room
        self.mostPasses = mostPasses
        follower = RowFollower(limit: room)
        input = map.input
        payloads = BlockPayload(input)
        nextOperation = map.header.firstOperation
        position = map.header.startPosition
        tables = Dictionary(map.header.tables.map { ($0.id, ValueCounts($0)) }, uniquingKeysWith: { $1 })
        if let reason = map.headerDamage {
            problem("file header", reason)
        } else {
            let bytes = try input.bytes(at: 0, count: Int(map.firstBlock))
            digest = Digest.of(bytes)
        }
    }

    func run(_ job: Job?) throws(Failure) -> LogCheck.Report {
        var at = map.firstBlock
        job?.report(Progress(phase: "Checking the log", subject: input.path, done: 0, total: map.fileSize))
        while at < map.end {
            try job?.checkStop()
            job?.report(done: at)
            var header = try input.header(at: at)
            if let found = header, found.summary.end > map.end { header = nil }
            if header == nil {
                header = try input.nextHeader(from: at + 1, before: map.end)
                let end = header?.summary.offset ?? map.end
                problem("bytes \(at) to \(end - 1)", "no block can be read there")
                lose()
            }
            guard let header else { break }
            try check(header)
            at = header.summary.end
        }
        endFollowing()
        finish()
        try followOthers(job)
        return report
    }

    /// Reads the log again for the rows for which there was no room. A log that is damaged already is not read on.
    private func followOthers(_ job: Job?) throws(Failure) {
        var left = follower.left
        var passes = 1
        while report.isSound, passes < mostPasses, let share = left.popLast() {
            passes += 1
            follower = RowFollower(share, limit: room)
            job?.report(Progress(phase: "Following the rows", subject: input.path, done: 0, total: map.fileSize))
            var at = map.firstBlock
            while at < map.end {
                try job?.checkStop()
                job?.report(done: at)
                guard let block = try input.header(at: at)?.summary else { break }
                if block.kind == .operations, let payload = try payloads.read(block), decoder.open(payload, block),
                    decoder.decodeImages(wanted: decoder.tables.map { _ in true })
                {
                    followRows(block)
                }
                at = block.end
            }
            endFollowing()
            left += follower.left
        }
        report.rowsFollowed = 1 - left.reduce(0) { $0 + $1.size }
    }

    private func finish() {
        report.isSealed = map.isSealed
        if let fault = marks?.ending() { untrue("end of the log", fault) }
        if nextOperation < map.nextOperation { problem("end of the log", "operations \(nextOperation) to \(map.nextOperation - 1) are missing") }
        guard map.fileSize > map.end else {
            if map.last == nil { problem("end of the log", "not one block is whole") }
            return
        }
        let rest = map.fileSize - map.end
        if map.isSealed {
            problem("end of the log", "\(rest) bytes follow the seal")
        } else {
            report.problems.append(
                .init(place: "end of the log", what: "the last \(rest) bytes are an unfinished append", isDamage: map.last == nil))
        }
    }

    private func problem(_ place: String, _ what: String) { report.problems.append(.init(place: place, what: what)) }

    private func untrue(_ place: String, _ what: String) { problem(place, "error 1529: \(what)") }

    private func place(_ block: BlockSummary) -> String {
        block.count > 0
            ? "block at byte \(block.offset), operations \(block.firstOperation) to \(block.nextOperation - 1)"
            : "block at byte \(block.offset)"
    }

    /// Behind damage the chain starts anew.
    private func lose() {
        digest = nil
        isBroken = true
        follower.forget()
        if let fault = marks?.lose() { untrue("before the damage", fault) }
    }

    private func check(_ header: BlockHeader) throws(Failure) {
        let block = header.summary
        report.blocks += 1
        if let sealedAt { problem(place(block), "it follows the seal at byte \(sealedAt)") }
        if try !input.isComplete(header, fileSize: map.fileSize) { problem(place(block), "its trailer is wrong") }
        if let digest, digest != header.previousDigest { problem(place(block), "it does not continue the block before: digests differ") }
        digest = try LogOpening.digest(of: header, input)
        checkNumbers(header)
        let payload = try payloads.read(block)
        if payload == nil {
            problem(place(block), "the checksum or the length of its payload is wrong")
            follower.forget()
        }
        switch block.kind {
        case .operations: if let payload { checkOperations(payload, block) }
        case .definitions: checkDefinitions(payload, block)
        case .index: checkIndex(payload, header)
        case .headerCopy: if let payload { checkCopy(payload, block) }
        case .seal: sealedAt = block.offset
        case .mark: report.marks += 1
        }
        marks?.take(header, block.kind == .mark ? payload.flatMap { IntegrityMark($0) } : nil)
        if block.kind == .index {
            lastIndex = block.offset
            unindexed = []
            isBroken = false
        } else {
            unindexed.append(block)
        }
        if block.kind == .definitions { lastDefinitions = block.offset }
    }

    private func checkNumbers(_ header: BlockHeader) {
        let block = header.summary
        let first = block.kind == .index ? block.nextOperation : block.firstOperation
        if first > nextOperation {
            problem(place(block), "operations \(nextOperation) to \(first - 1) are missing before it")
            follower.forget()
        } else if first < nextOperation {
            problem(place(block), "operation \(nextOperation) was expected")
        }
        let firstPosition = block.kind == .index ? block.lastPosition : block.firstPosition
        if firstPosition < position { problem(place(block), "its position \(firstPosition) is lower than \(position) before it") }
        if !isBroken, header.previousIndex != lastIndex { problem(place(block), "it names byte \(header.previousIndex) for the last index") }
        if !isBroken, header.previousDefinitions != lastDefinitions {
            problem(place(block), "it names byte \(header.previousDefinitions) for the last definitions")
        }
        nextOperation = max(nextOperation, block.nextOperation)
        position = max(position, block.lastPosition)
    }

    private func checkOperations(_ payload: UnsafeRawBufferPointer, _ block: BlockSummary) {
        guard decoder.open(payload, block), decoder.decodeImages(wanted: decoder.tables.map { _ in true }) else {
            problem(place(block), "its operations are malformed")
            return follower.forget()
        }
        var earliest = Int64.max
        var latest = Int64.min
        var last = block.firstPosition
        var lastConsistent: UInt32 = 0
        var unknown: UInt32?
        var fits = true
        var misfit: Operation?
        let isPlain = block.flags.contains(.plain)
        let misfits = decoder.shapes.map { tables[$0.table]?.fits($0.action, key: $0.key, old: $0.old, new: $0.new) == false }
        for index in 0..<decoder.count {
            let operation = decoder.operation(index)
            earliest = min(earliest, operation.time)
            latest = max(latest, operation.time)
            if operation.position < last { fits = false }
            last = operation.position
            if operation.isConsistentPoint { lastConsistent = UInt32(index + 1) }
            if operation.table != 0, tables[operation.table] == nil { unknown = operation.table }
            if block.tables >> UInt64(operation.table & 63) & 1 == 0 { fits = false }
            if block.actions >> UInt32(operation.action.rawValue & 31) & 1 == 0 { fits = false }
            if isPlain {
                if let key = ValueWalk.count(operation.key), let old = ValueWalk.count(operation.old), let new = ValueWalk.count(operation.new) {
                    if tables[operation.table]?.fits(operation.action, key: key, old: old, new: new) == false { misfit = operation }
                } else {
                    // Untested: only who forges a block with the right checksums gets here.
                    problem(place(block), "its values are malformed")
                }
            } else if misfit == nil, misfits[decoder.shape(of: index)] {
                misfit = operation
            }
        }
        report.operations += UInt64(decoder.count)
        if earliest != block.earliest || latest != block.latest || last != block.lastPosition || lastConsistent != block.lastConsistent {
            fits = false
        }
        if !fits { problem(place(block), "its header does not say what it holds") }
        if let misfit {
            problem(place(block), "operation \(misfit.number) does not fit table definition \(misfit.table): it has another number of values")
        }
        if let unknown { problem(place(block), "it uses table definition \(unknown), which is nowhere before it") }
        if fits, misfit == nil, unknown == nil { followRows(block) } else { follower.forget() }
    }

    /// Whether each operation finds what the ones before it left.
    private func followRows(_ block: BlockSummary) {
        for index in 0..<decoder.count {
            let operation = decoder.operation(index)
            let name = tables[operation.table]?.name ?? ""
            contradictions.follow(operation, name)
            guard let fault = follower.follow(operation) else { continue }
            let what =
                "operation \(operation.number) (\(operation.action.name)) of table '\(name)' \(fault.rawValue): "
                + "the log cannot be integrated past it; make a backup, from which it goes on"
            contradictions.add(.init(place: place(block), what: what), operation.table, name)
        }
    }

    private func endFollowing() {
        report.problems += contradictions.end()
        report.passedOver = contradictions.outdone
    }

    private func checkDefinitions(_ payload: UnsafeRawBufferPointer?, _ block: BlockSummary) {
        guard let payload else { return }
        var reader = BytesReader(payload)
        var found: [(id: UInt32, counts: ValueCounts)] = []
        let room = max(0, LogChecker.mostTables - tables.count)
        guard Definitions.walk(&reader, table: { if found.count < room { found.append(($0.id, ValueCounts($0))) } }, context: nil) else {
            // Untested: only who forges a block with the right checksums gets here.
            problem(place(block), "its definitions are malformed")
            return  // Untested: as above.
        }
        for table in found { tables[table.id] = table.counts }
    }

    private func checkIndex(_ payload: UnsafeRawBufferPointer?, _ header: BlockHeader) {
        guard let payload, !isBroken else { return }
        var reader = BytesReader(payload)
        var entries: [BlockSummary] = []
        while reader.remaining > 0, let entry = BlockSummary(&reader) { entries.append(entry) }
        guard !unindexed.isEmpty else {
            // Untested: only who forges a block with the right checksums gets here.
            problem(place(header.summary), "there is nothing that it could be the index of")
            return  // Untested: as above.
        }
        if reader.isDamaged || entries != unindexed {
            problem(place(header.summary), "it does not agree with the blocks before it")
            return
        }
        var sum = BlockSummary.sum(of: unindexed)
        let own = header.summary
        sum.flags = own.flags
        sum.stored = own.stored
        sum.unfolded = own.unfolded
        sum.payloadChecksum = own.payloadChecksum
        sum.offset = own.offset
        if sum != own { problem(place(own), "its sums do not agree with the blocks before it") }
    }

    private func checkCopy(_ payload: UnsafeRawBufferPointer, _ block: BlockSummary) {
        if block.offset != map.firstBlock { problem(place(block), "a copy of the file header stands in the wrong place") }
        let copy = Array(payload)
        guard map.headerDamage == nil, let original = try? input.bytes(at: 0, count: Int(map.firstBlock)) else { return }
        if copy != Array(original) { problem(place(block), "the copy of the file header differs from the file header") }
    }
}
