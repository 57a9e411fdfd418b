// Streams the payload of a large block to the file while it is compressed, with one small buffer.

import Deflate
import FileSystem

/// Writes one deflated payload piece by piece, counting its CRC and digest on the way.
final class PayloadWriter {
    private(set) var stored = 0
    private(set) var checksum: UInt32 = 0
    let digest = Digest()
    private let start: UInt64
    private let deflater: Deflater
    private var output = Bytes(capacity: 1 << 20)
    private static let piece = 1 << 20

    init(at start: UInt64, deflater: Deflater) {
        self.start = start
        self.deflater = deflater
        deflater.begin()
    }

    func write(_ bytes: UnsafeRawBufferPointer, to file: borrowing File) throws(SystemError) {
        var offset = 0
        while offset < bytes.count {
            let next = min(offset + PayloadWriter.piece, bytes.count)
            try feed(UnsafeRawBufferPointer(rebasing: bytes[offset..<next]), .nothing, to: file)
            offset = next
        }
    }

    func finish(to file: borrowing File) throws(SystemError) {
        try feed(UnsafeRawBufferPointer(start: nil, count: 0), .end, to: file)
    }

    private func feed(_ bytes: UnsafeRawBufferPointer, _ flush: Deflater.Flush, to file: borrowing File) throws(SystemError) {
        output.removeAll()
        deflater.feed(bytes, flush, into: &output)
        try file.write(output.view, at: start + UInt64(stored))
        checksum = Codec.best.checksum(output.view, from: checksum)
        digest.update(output.view)
        stored += output.count
    }
}
