// Raw deflate: ISA-L where its fast paths run, zlib elsewhere. Whichever wrote a block, either reads it.

import CIsal
import CZlib

enum Codec {
    case isal, zlib

    static let best: Codec = cisal_is_fast() ? .isal : .zlib
}

/// Compresses one input after the other; its working memory is allocated once.
final class Deflater {
    /// `fast` while operations are being drained, `small` when a log is sealed and nobody waits.
    enum Effort { case fast, small }

    private let codec: Codec
    private let effort: Effort
    private let isal: UnsafeMutablePointer<isal_zstream>
    private let levelBuffer: UnsafeMutablePointer<UInt8>
    private let zlib: UnsafeMutablePointer<z_stream>
    /// More than ISA-L's default for its largest level (348,160 bytes).
    private static let levelBufferSize = 512 << 10

    init(effort: Effort, codec: Codec = .best) {
        self.codec = codec
        self.effort = effort
        isal = .allocate(capacity: 1)
        levelBuffer = .allocate(capacity: codec == .isal ? Deflater.levelBufferSize : 1)
        zlib = .allocate(capacity: 1)
        zlib.initialize(to: z_stream())
        if codec == .zlib {
            let level: Int32 = effort == .fast ? 1 : 6
            let result = deflateInit2_(
                zlib, level, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
            // Fails only without memory: the parameters are constants that zlib accepts.
            precondition(result == Z_OK, "zlib could not start")
        }
    }

    deinit {
        if codec == .zlib { deflateEnd(zlib) }
        zlib.deallocate()
        isal.deallocate()
        levelBuffer.deallocate()
    }

    /// Starts a new stream.
    func begin() {
        switch codec {
        case .isal:
            isal_deflate_init(isal)
            isal.pointee.level = effort == .fast ? 2 : 3
            isal.pointee.level_buf = levelBuffer
            isal.pointee.level_buf_size = UInt32(Deflater.levelBufferSize)
        case .zlib: deflateReset(zlib)
        }
    }

    /// Appends to `output` what compressing `input` yields so far; everything once `isLast`. Input below 4 GiB.
    func feed(_ input: UnsafeRawBufferPointer, isLast: Bool, into output: inout Bytes) {
        let start = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        switch codec {
        case .isal:
            isal.pointee.next_in = start
            isal.pointee.avail_in = UInt32(input.count)
            isal.pointee.end_of_stream = isLast ? 1 : 0
            isal.pointee.flush = UInt16(NO_FLUSH)
            repeat {
                let room = makeRoom(for: Int(isal.pointee.avail_in), in: &output)
                isal.pointee.next_out = room.start
                isal.pointee.avail_out = UInt32(room.count)
                isal_deflate(isal)
                output.resize(to: output.count - Int(isal.pointee.avail_out))
            } while isal.pointee.avail_out == 0
        case .zlib:
            zlib.pointee.next_in = start
            zlib.pointee.avail_in = UInt32(input.count)
            repeat {
                let room = makeRoom(for: Int(zlib.pointee.avail_in), in: &output)
                zlib.pointee.next_out = room.start
                zlib.pointee.avail_out = UInt32(room.count)
                deflate(zlib, isLast ? Z_FINISH : Z_NO_FLUSH)
                output.resize(to: output.count - Int(zlib.pointee.avail_out))
            } while zlib.pointee.avail_out == 0
        }
    }

    /// Extends `output` by room enough for most inputs; the caller gives back what was not used.
    private func makeRoom(for rest: Int, in output: inout Bytes) -> (start: UnsafeMutablePointer<UInt8>, count: Int) {
        let size = min(rest + 1024, 1 << 20)
        let place = output.count
        output.resize(to: place + size)
        return ((output.base + place).assumingMemoryBound(to: UInt8.self), size)
    }
}
