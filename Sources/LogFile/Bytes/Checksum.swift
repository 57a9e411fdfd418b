// CRC-32 as gzip computes it, by the fastest library that runs here. Both give the same number.

import CIsal
import CZlib

enum Checksum {
    private static let isFast = cisal_is_fast()

    /// Continues `crc` (0 to begin) over `bytes`.
    static func crc32(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return crc }
        if isFast { return crc32_gzip_refl(crc, start, UInt64(bytes.count)) }
        return UInt32(truncatingIfNeeded: crc32_z(UInt(crc), start, bytes.count))
    }
}
