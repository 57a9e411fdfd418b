// What a disk may hold after the power failed: built from a recorded moment, in place of the folder it was recorded in.

import FileSystem
import Foundation
import Glibc
import Testing

/// What became of the things that were not synchronised.
enum Aftermath: Hashable, Sendable {
    /// All of them are gone.
    case forgotten
    /// New and changed names are there, the bytes behind them are not.
    case namesOnly
    /// Bytes are there, new and changed names are not.
    case bytesOnly
    /// The power did not fail: the process was killed, and everything is there.
    case killed
    /// Each name and each sector is the old or the new one by chance.
    case torn(seed: UInt64)
}

extension DiskMoment {
    private static let sector = 512

    /// Replaces what stands in `folder`. No connection to a database in it may be open.
    func leave(_ aftermath: Aftermath, in folder: String) throws {
        for name in try Folder.contents(of: folder) { try Folder.removeTree(Folder.join(folder, name)) }
        var chance = FaultRandom(aftermath)
        try build(0, folder, aftermath, &chance)
    }

    private func build(_ identity: UInt64, _ path: String, _ aftermath: Aftermath, _ chance: inout FaultRandom) throws {
        for (name, child) in names(identity, aftermath, &chance).sorted(by: { $0.key < $1.key }) {
            guard let kind = seen[child] ?? durable[child] else { continue }
            let target = Folder.join(path, DiskMoment.afterwards(name))
            if kind.isFolder {
                try #require(mkdir(target, 0o700) == 0)
                try build(child, target, aftermath, &chance)
                chmod(target, kind.mode)
            } else {
                let file = try File(target, .createNew)
                try bytes(child, aftermath, &chance).withUnsafeBytes { (bytes) throws in try file.write(bytes, at: 0) }
                chmod(target, kind.mode)
            }
        }
    }

    /// Whoever comes after a power failure is another process than the one that made the temporary files.
    private static func afterwards(_ name: String) -> String {
        guard let marker = name.firstRange(of: ".msc-partial-") else { return name }
        return name[..<marker.upperBound] + "999999999-1"
    }

    /// The names in a folder. A rename is all or nothing: names that lead to the same new file go together.
    private func names(_ identity: UInt64, _ aftermath: Aftermath, _ chance: inout FaultRandom) -> [String: UInt64] {
        let old = durable[identity]?.entries ?? [:]
        let new = seen[identity]?.entries ?? old
        switch aftermath {
        case .forgotten, .bytesOnly: return old
        case .namesOnly, .killed: return new
        case .torn:
            var result = old
            var decisions: [UInt64: Bool] = [:]
            for name in Set(old.keys).union(new.keys).sorted() where old[name] != new[name] {
                guard let subject = new[name] ?? old[name] else { continue }
                let isNew = decisions[subject] ?? chance.coin()
                decisions[subject] = isNew
                if isNew { result[name] = new[name] }
            }
            return result
        }
    }

    private func bytes(_ identity: UInt64, _ aftermath: Aftermath, _ chance: inout FaultRandom) -> [UInt8] {
        let old = durable[identity]?.bytes ?? []
        let new = seen[identity]?.bytes ?? old
        switch aftermath {
        case .forgotten, .namesOnly: return old
        case .bytesOnly, .killed: return new
        case .torn:
            if old == new { return new }
            var result = [UInt8](repeating: 0, count: chance.coin() ? new.count : min(old.count, new.count))
            for start in stride(from: 0, to: result.count, by: DiskMoment.sector) {
                let source = chance.coin() ? new : old
                for offset in start..<min(start + DiskMoment.sector, result.count, max(start, source.count)) { result[offset] = source[offset] }
            }
            return result
        }
    }
}

/// Chances that a seed repeats (xorshift64*).
struct FaultRandom {
    private var state: UInt64

    init(_ aftermath: Aftermath) {
        if case .torn(let seed) = aftermath { state = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 | 1 } else { state = 1 }
    }

    mutating func coin() -> Bool {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return (state &* 0x2545_F491_4F6C_DD1D) >> 63 == 1
    }
}
