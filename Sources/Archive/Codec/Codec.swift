// Which library deflates, inflates and sums. Both give the same formats; ISA-L is several times faster where the
// processor has vector units, zlib is everywhere and compresses harder. Tests force either.

import CIsal
import CZlib

enum Codec: CaseIterable {
    case isal, zlib

    static let best: Codec = cisal_is_fast() ? .isal : .zlib

    /// nil for `none`, which is not deflated at all.
    func deflater(for compression: Compression) -> (any Deflater)? {
        switch (compression, self) {
        case (.none, _): nil
        case (.fast, .isal): IsalDeflater()
        case (.fast, .zlib): ZlibDeflater(level: 1)
        // With memory level 9, level 8 is smaller than zlib's usual level 9 and takes a tenth less time.
        case (.compact, _): ZlibDeflater(level: 8)
        }
    }

    func inflater() -> any Inflater {
        switch self {
        case .isal: IsalInflater()
        case .zlib: ZlibInflater()
        }
    }

    /// CRC-32 as ZIP uses it, continued from `seed`.
    func checksum(_ bytes: UnsafeRawBufferPointer, from seed: UInt32 = 0) -> UInt32 {
        guard let start = bytes.bindMemory(to: UInt8.self).baseAddress else { return seed }
        return switch self {
        case .isal: crc32_gzip_refl(seed, start, UInt64(bytes.count))
        case .zlib: UInt32(truncatingIfNeeded: crc32_z(UInt(seed), start, bytes.count))
        }
    }

    /// The CRC-32 of `first` followed by `second`, which is `length` bytes long.
    static func combine(_ first: UInt32, _ second: UInt32, length: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: crc32_combine(UInt(first), UInt(second), length))
    }
}
