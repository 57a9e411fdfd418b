// One page of checksums, to bytes and back. A page that is not exactly as it was written is no page.

import CIsal

struct ParityPage {
    var layout: ParityLayout
    var number: UInt32
    var checksums: [UInt64] = []

    enum Reading {
        case page(ParityPage)
        case damaged
        /// Written by a program that knows a newer format.
        case newer(UInt16)
    }

    private static let magic: [UInt8] = [0x4d, 0x53, 0x43, 0x50, 0x41, 0x52, 0x0d, 0x0a]
    private static let checksumOffset = ParityLayout.pageSize - 8

    var isFull: Bool { checksums.count == Int(ParityLayout.checksumsPerPage) }

    func bytes() -> [UInt8] {
        var bytes = ParityPage.magic
        func put(_ value: some FixedWidthInteger) { withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) } }
        put(UInt16(1))
        put(UInt16(0))
        put(UInt32(layout.blockSize))
        put(layout.size)
        put(layout.segmentSize)
        put(UInt32(layout.bands))
        put(UInt32(layout.groups))
        put(UInt32(layout.parity))
        put(number)
        put(layout.pageCount)
        put(UInt32(checksums.count))
        put(UInt32(0))
        for checksum in checksums { put(checksum) }
        bytes.append(contentsOf: repeatElement(0, count: ParityPage.checksumOffset - bytes.count))
        put(bytes.withUnsafeBytes { ParityChecksum.of($0) })
        return bytes
    }

    static func read(_ bytes: UnsafeRawBufferPointer) -> Reading {
        func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type = Number.self) -> Number {
            Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        guard bytes.count == ParityLayout.pageSize, bytes.starts(with: magic),
            number(checksumOffset, UInt64.self) == ParityChecksum.of(UnsafeRawBufferPointer(rebasing: bytes[..<checksumOffset]))
        else { return .damaged }
        let version = number(8, UInt16.self)
        guard version == 1 else { return version > 1 ? .newer(version) : .damaged }
        let count = number(56, UInt32.self)
        guard
            let layout = ParityLayout(
                blockSize: number(12), size: number(16), segmentSize: number(24), bands: number(32), groups: number(36),
                parity: number(40)), number(48, UInt64.self) == layout.pageCount
        else { return .damaged }
        let page = ParityPage(
            layout: layout, number: number(44),
            checksums: (0..<min(Int(count), Int(ParityLayout.checksumsPerPage))).map { number(64 + 8 * $0) })
        guard UInt64(page.number) < layout.pageCount,
            UInt64(count) == min(ParityLayout.checksumsPerPage, layout.checksumCount - UInt64(page.number) * ParityLayout.checksumsPerPage)
        else { return .damaged }
        return .page(page)
    }
}

/// CRC-64/XZ.
enum ParityChecksum {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        crc64_ecma_refl(0, bytes.bindMemory(to: UInt8.self).baseAddress, UInt64(bytes.count))
    }
}
