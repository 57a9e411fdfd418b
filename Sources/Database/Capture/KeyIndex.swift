// A hash table from row keys to their newest observation: open addressing over indices, keys compared in place.

/// Finds the newest observation of a key. Holds nothing but indices: the caller compares keys.
struct KeyIndex {
    private var slots: [Int32] = []
    private var hashes: [UInt64] = []
    private var count = 0

    init() { grow(to: 1024) }

    mutating func removeAll() {
        if count == 0 { return }
        slots.withUnsafeMutableBufferPointer { $0.update(repeating: -1) }
        count = 0
    }

    /// The slot of the key with this hash, and its value: -1 when the key is new. Together, since finding a key can move all slots.
    @inline(__always)
    mutating func find(_ hash: UInt64, _ isSame: (Int32) -> Bool) -> (slot: Int, value: Int32) {
        if count * 2 >= slots.count { grow(to: slots.count * 2) }
        var at = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[at] >= 0 {
            if hashes[at] == hash, isSame(slots[at]) { break }
            at = (at + 1) & (slots.count - 1)
        }
        return (at, slots[at])
    }

    @inline(__always)
    mutating func set(_ slot: Int, _ hash: UInt64, _ value: Int32) {
        if slots[slot] < 0 { count += 1 }
        slots[slot] = value
        hashes[slot] = hash
    }

    private mutating func grow(to size: Int) {
        let oldSlots = slots
        let oldHashes = hashes
        slots = [Int32](repeating: -1, count: size)
        hashes = [UInt64](repeating: 0, count: size)
        for (index, value) in oldSlots.enumerated() where value >= 0 {
            var at = Int(truncatingIfNeeded: oldHashes[index]) & (size - 1)
            while slots[at] >= 0 { at = (at + 1) & (size - 1) }
            slots[at] = value
            hashes[at] = oldHashes[index]
        }
    }
}

/// A hash of key bytes, different in every run of the program, so that nobody can prepare many keys that collide. Two may, whose bytes
/// behind the last eight differ in their number and nothing else.
struct KeyHash: Sendable {
    private let seed: UInt64

    init() { seed = UInt64.random(in: .min ... .max) }

    @inline(__always)
    func callAsFunction(_ space: UInt32, _ key: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed &+ UInt64(space) &* 0x9e37_79b9_7f4a_7c15
        var at = 0
        while at + 8 <= key.count {
            hash = mix(hash ^ key.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        var rest: UInt64 = 0
        while at < key.count {
            rest = rest << 8 | UInt64(key[at])
            at += 1
        }
        return mix(hash ^ rest ^ UInt64(key.count))
    }

    @inline(__always)
    private func mix(_ value: UInt64) -> UInt64 {
        let product = (value ^ 0xa076_1d64_78bd_642f).multipliedFullWidth(by: 0xe703_7ed1_a0b4_28db)
        return product.high ^ product.low
    }
}
