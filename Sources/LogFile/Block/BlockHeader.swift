// The 144 bytes before every block's payload, and the summary of them that an index keeps.

import Deflate

enum BlockKind: UInt8 {
    case operations = 1
    case definitions = 2
    case index = 3
    case seal = 4
    case headerCopy = 5
    case mark = 6

    /// The format version that a reader must know for it: major in the upper byte, minor in the lower; 0 for 1.0.
    var neededVersion: UInt16 { self == .mark ? 0x0101 : 0 }
}

struct BlockFlags: OptionSet {
    let rawValue: UInt8
    static let deflated = BlockFlags(rawValue: 1)
    static let plain = BlockFlags(rawValue: 2)
    static let endsCommit = BlockFlags(rawValue: 4)
}

/// What a block holds and where: bytes 0 … 87 of its header.
struct BlockSummary: Equatable {
    var kind: BlockKind
    var flags: BlockFlags = []
    var stored: UInt32 = 0
    var unfolded: UInt32 = 0
    var firstOperation: UInt64
    var count: UInt32 = 0
    /// Place of the last consistent point: 1 for the first operation; 0 for none.
    var lastConsistent: UInt32 = 0
    var earliest: Int64
    var latest: Int64
    var firstPosition: Int64
    var lastPosition: Int64
    var tables: UInt64 = 0
    var actions: UInt32 = 0
    var payloadChecksum: UInt32 = 0
    var offset: UInt64 = 0

    /// The number after the block's last operation.
    var nextOperation: UInt64 { firstOperation + UInt64(count) }
    var end: UInt64 { offset + UInt64(length) }
    var length: Int { LogFormat.blockHeaderSize + Int(stored) + LogFormat.trailerSize }
    var payloadOffset: UInt64 { offset + UInt64(LogFormat.blockHeaderSize) }

    /// Nil when the bytes are no summary or break a bound of the format.
    init?(_ reader: inout BytesReader) {
        guard reader.number(UInt32.self) == LogFormat.blockMagic,
            let kind = BlockKind(rawValue: reader.number())
        else { return nil }
        self.kind = kind
        flags = BlockFlags(rawValue: reader.number())
        guard reader.number(UInt16.self) <= LogFormat.newestBlock else { return nil }
        stored = reader.number()
        unfolded = reader.number()
        firstOperation = reader.number()
        count = reader.number()
        lastConsistent = reader.number()
        earliest = reader.number()
        latest = reader.number()
        firstPosition = reader.number()
        lastPosition = reader.number()
        tables = reader.number()
        actions = reader.number()
        payloadChecksum = reader.number()
        offset = reader.number()
        guard !reader.isDamaged, isWithinBounds else { return nil }
    }

    init(kind: BlockKind, firstOperation: UInt64, time: Int64, position: Int64) {
        self.kind = kind
        self.firstOperation = firstOperation
        earliest = time
        latest = time
        firstPosition = position
        lastPosition = position
    }

    private var isWithinBounds: Bool {
        let limit =
            switch kind {
            case .headerCopy: LogFormat.maximumHeaderSize
            case .operations where flags.contains(.plain): LogFormat.maximumLargePayload
            default: LogFormat.maximumPayload
            }
        guard Int(unfolded) <= limit, lastConsistent <= count, earliest <= latest,
            LogFormat.times.contains(earliest), LogFormat.times.contains(latest), firstPosition <= lastPosition,
            firstOperation >= 1, firstOperation < 1 << 62, offset < 1 << 62
        else { return false }
        if flags.contains(.deflated) {
            guard Int(unfolded) <= LogFormat.maximumUnfolded(Int(stored)) else { return false }
        } else if stored != unfolded {
            return false
        }
        return switch kind {
        case .operations:
            flags.contains(.plain) ? count == 1 : count >= 1 && count <= UInt32(LogFormat.maximumOperationsPerBlock)
        case .index: true
        case .mark: count == 0 && Int(unfolded) == IntegrityMark.size
        case .definitions, .seal, .headerCopy: count == 0
        }
    }

    func append(to bytes: inout Bytes) {
        bytes.append(number: LogFormat.blockMagic)
        bytes.append(byte: kind.rawValue)
        bytes.append(byte: flags.rawValue)
        bytes.append(number: kind.neededVersion)
        bytes.append(number: stored)
        bytes.append(number: unfolded)
        bytes.append(number: firstOperation)
        bytes.append(number: count)
        bytes.append(number: lastConsistent)
        bytes.append(number: earliest)
        bytes.append(number: latest)
        bytes.append(number: firstPosition)
        bytes.append(number: lastPosition)
        bytes.append(number: tables)
        bytes.append(number: actions)
        bytes.append(number: payloadChecksum)
        bytes.append(number: offset)
    }
}

/// A whole block header.
struct BlockHeader: Equatable {
    var summary: BlockSummary
    var previousIndex: UInt64
    var previousDefinitions: UInt64
    /// SHA-256 of the block before.
    var previousDigest: [UInt8]
    var checksum: UInt32 = 0

    init(summary: BlockSummary, previousIndex: UInt64, previousDefinitions: UInt64, previousDigest: [UInt8]) {
        self.summary = summary
        self.previousIndex = previousIndex
        self.previousDefinitions = previousDefinitions
        self.previousDigest = previousDigest
    }

    /// Nil unless these bytes are a block header, undamaged, that belongs at this offset of the file.
    init?(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) {
        guard bytes.count >= LogFormat.blockHeaderSize,
            UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == LogFormat.blockMagic
        else { return nil }
        let header = UnsafeRawBufferPointer(rebasing: bytes[..<LogFormat.blockHeaderSize])
        let covered = UnsafeRawBufferPointer(rebasing: header[..<(LogFormat.blockHeaderSize - 4)])
        var reader = BytesReader(header)
        guard let summary = BlockSummary(&reader), summary.offset == offset else { return nil }
        self.summary = summary
        previousIndex = reader.number()
        previousDefinitions = reader.number()
        previousDigest = Array(reader.bytes(32))
        _ = reader.number(UInt32.self)
        checksum = reader.number()
        guard checksum == Codec.best.checksum(covered), previousIndex < offset, previousDefinitions < offset else { return nil }
    }

    /// The version of the format that a block needs which this program cannot read though it is undamaged; nil for any other bytes.
    static func newerVersion(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) -> String? {
        guard bytes.count >= LogFormat.blockHeaderSize,
            UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)) == LogFormat.blockMagic,
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 80, as: UInt64.self)) == offset
        else { return nil }
        let covered = UnsafeRawBufferPointer(rebasing: bytes[..<(LogFormat.blockHeaderSize - 4)])
        let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: LogFormat.blockHeaderSize - 4, as: UInt32.self))
        let needed = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
        guard BlockKind(rawValue: bytes[4]) == nil || needed > LogFormat.newestBlock, checksum == Codec.best.checksum(covered) else { return nil }
        return "\(max(1, needed >> 8)).\(needed & 0xff)"
    }

    /// The 144 bytes, with their CRC.
    func bytes() -> [UInt8] {
        var bytes = Bytes(capacity: LogFormat.blockHeaderSize)
        summary.append(to: &bytes)
        bytes.append(number: previousIndex)
        bytes.append(number: previousDefinitions)
        bytes.append(previousDigest)
        bytes.append(number: UInt32(0))
        bytes.append(number: bytes.withView { Codec.best.checksum($0) })
        return bytes.array
    }
}

extension BlockSummary {
    /// What an index block says about the blocks it covers; there is at least one.
    static func sum(of blocks: [BlockSummary]) -> BlockSummary {
        var sum = BlockSummary(
            kind: .index, firstOperation: blocks[0].firstOperation, time: blocks[0].earliest, position: blocks[0].firstPosition)
        sum.latest = blocks[0].latest
        for block in blocks {
            sum.earliest = min(sum.earliest, block.earliest)
            sum.latest = max(sum.latest, block.latest)
            sum.lastPosition = max(sum.lastPosition, block.lastPosition)
            sum.tables |= block.tables
            sum.actions |= block.actions
            // A forged file may hold any numbers: let the sums be wrong then, but do not trap.
            let before = UInt32(truncatingIfNeeded: block.firstOperation &- sum.firstOperation)
            if block.lastConsistent > 0 { sum.lastConsistent = before &+ block.lastConsistent }
            sum.count = before &+ block.count
        }
        return sum
    }
}
