// Which library deflates, inflates and sums. Both give the same formats; ISA-L is several times faster where the processor has
// vector units, zlib is everywhere and compresses harder. Tests force either.

import CIsal
import CZlib

public enum Codec: CaseIterable, Sendable {
    case isal, zlib

    /// The one to use on this processor.
    public static let best: Codec = cisal_is_fast() ? .isal : .zlib

    /// CRC-32 as ZIP and gzip use it, continued from `seed`.
    public func checksum(_ bytes: UnsafeRawBufferPointer, from seed: UInt32 = 0) -> UInt32 {
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return seed }
        return switch self {
        case .isal: crc32_gzip_refl(seed, start, UInt64(bytes.count))
        case .zlib: UInt32(truncatingIfNeeded: crc32_z(UInt(seed), start, bytes.count))
        }
    }

    /// The CRC-32 of `first` followed by `second`, which is `length` bytes long.
    public static func combine(_ first: UInt32, _ second: UInt32, length: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_combine(UInt(first), UInt(second), length))
    }
}
