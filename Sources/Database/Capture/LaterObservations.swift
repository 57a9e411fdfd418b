// The next observation of a key when the outbox is larger than one round: found with two passes over small fixed-size entries
// on disk, so that memory stays bounded and time linear, however many rows one transaction wrote.
//
// Pass one reads the rest of the outbox in blocks (the later rounds) and writes (hash of the key, number) once per key and block
// into one of many partitions by hash. Pass two sorts each partition, in which all entries of a key now stand together, and
// writes for each entry where its key comes next, into one list per block. A round loads its own list.

import FileSystem
import Glibc
import Vocabulary

/// Where the keys of each block come next.
final class LaterObservations {
    /// A key's next observation, and the first one from there on that leaves nothing out.
    struct Place {
        var next: Int64
        /// 0: none; the row itself holds the values.
        var complete: Int64
    }

    private struct Entry {
        var hash: UInt64
        /// Number, shifted left; lowest bit: leaves values out.
        var number: Int64
        var block: Int64
    }

    private static let partitionCount = 256

    /// The last number of each block; block 0 is the round that was read when this was made.
    private(set) var ends: [Int64] = []
    private let partitions: Spill<Entry>
    private let lists: Spill<Entry>
    private var seen = SeenKeys()
    private var block: Int64 = 0

    /// - Parameter folder: where the temporary file (without a name) is made.
    init(folder: String) throws(SystemError) {
        partitions = try Spill(folder: folder, chunk: 16 << 10)
        lists = try Spill(folder: folder, chunk: 8 << 10)
    }

    // MARK: Pass one

    /// Notes an observation of the present block.
    /// - Parameter hash: even, and not zero.
    func add(_ hash: UInt64, _ n: Int64, hasOmissions: Bool) throws(SystemError) {
        // Of each block, the first observation of a key counts, and the first one that leaves nothing out.
        guard seen.isNews(hash, hasOmissions) else { return }
        let entry = Entry(hash: hash, number: n << 1 | (hasOmissions ? 1 : 0), block: block)
        try partitions.append(entry, to: Int(hash >> 56) % Self.partitionCount)
    }

    func endBlock(_ last: Int64) {
        ends.append(last)
        seen.removeAll()
        block += 1
    }

    // MARK: Pass two

    func link() throws(SystemError) {
        for partition in 0..<Self.partitionCount {
            var entries = try partitions.load(partition)
            entries.sort { ($0.hash, $0.number) < ($1.hash, $1.number) }
            var index = entries.count - 1
            var complete: Int64 = 0
            while index >= 0 {
                let entry = entries[index]
                let isLast = index + 1 == entries.count || entries[index + 1].hash != entry.hash
                if isLast { complete = 0 } else if entries[index + 1].number & 1 == 0 { complete = entries[index + 1].number >> 1 }
                if !isLast, entries[index + 1].block > entry.block {
                    let link = Entry(hash: entry.hash, number: entries[index + 1].number >> 1, block: complete)
                    try lists.append(link, to: Int(entry.block))
                }
                index -= 1
            }
        }
    }

    /// The next places of the keys of one block.
    func places(_ block: Int) throws(SystemError) -> Places {
        var places = Places()
        for link in try lists.load(block) { places.add(link.hash, Place(next: link.number, complete: link.block)) }
        return places
    }

    /// Places by the hashes of their keys: of two keys that share one, either is found.
    struct Places {
        private var index = KeyIndex()
        private var list: ContiguousArray<Place> = []

        mutating func add(_ hash: UInt64, _ place: Place) {
            index.set(index.find(hash) { _ in true }.slot, hash, Int32(list.count))
            list.append(place)
        }

        mutating func find(_ hash: UInt64) -> Place? {
            let at = index.find(hash) { _ in true }.value
            return at < 0 ? nil : list[Int(at)]
        }
    }
}

/// The keys of one block: a set of even hashes, the lowest bit set once a complete observation was seen; zero is an empty slot.
private struct SeenKeys {
    private var slots = [UInt64](repeating: 0, count: 1 << 12)
    private var count = 0

    mutating func removeAll() {
        slots.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
        count = 0
    }

    /// Whether this is the first observation of the key, or its first complete one.
    @inline(__always)
    mutating func isNews(_ hash: UInt64, _ hasOmissions: Bool) -> Bool {
        if count * 2 >= slots.count { grow() }
        var at = Int(truncatingIfNeeded: hash >> 8) & (slots.count - 1)
        while slots[at] != 0 {
            if slots[at] & ~1 == hash {
                if hasOmissions || slots[at] & 1 == 1 { return false }
                slots[at] |= 1
                return true
            }
            at = (at + 1) & (slots.count - 1)
        }
        slots[at] = hash | (hasOmissions ? 0 : 1)
        count += 1
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        for entry in old where entry != 0 {
            var at = Int(truncatingIfNeeded: entry >> 8) & (slots.count - 1)
            while slots[at] != 0 { at = (at + 1) & (slots.count - 1) }
            slots[at] = entry
        }
    }
}
