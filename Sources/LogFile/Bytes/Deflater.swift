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
    /// A little above ISA-L's minimum for its largest level (90,112 bytes): the smaller the buffer, the more often it fits its codes
    /// to what comes, which gains a tenth on columns that follow each other.
    private static let levelBufferSize = 100_000

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

    /// Compresses parts that differ in kind, each ending at one of `ends`, as one stream: codes are fitted to each part.
    func deflate(_ input: UnsafeRawBufferPointer, parts ends: [Int], into output: inout Bytes) {
        begin()
        var start = 0
        for end in ends where end > start && end < input.count {
            feed(UnsafeRawBufferPointer(rebasing: input[start..<end]), isLast: false, endsPart: true, into: &output)
            start = end
        }
        feed(UnsafeRawBufferPointer(rebasing: input[start...]), isLast: true, into: &output)
    }

    /// Appends to `output` what compressing `input` yields so far; everything once `isLast`. Input below 4 GiB.
    func feed(_ input: UnsafeRawBufferPointer, isLast: Bool, endsPart: Bool = false, into output: inout Bytes) {
        let start = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        switch codec {
        case .isal:
            isal.pointee.next_in = start
            isal.pointee.avail_in = UInt32(input.count)
            isal.pointee.end_of_stream = isLast ? 1 : 0
            isal.pointee.flush = UInt16(endsPart ? SYNC_FLUSH : NO_FLUSH)
            repeat {
                let room = makeRoom(for: Int(isal.pointee.avail_in), in: &output)
                isal.pointee.next_out = room.start
                isal.pointee.avail_out = UInt32(room.count)
                let result = isal_deflate(isal)
                // Wrong parameters only, and they are constants.
                precondition(result == COMP_OK, "ISA-L refused its parameters")
                output.resize(to: output.count - Int(isal.pointee.avail_out))
            } while isal.pointee.avail_out == 0
        case .zlib:
            zlib.pointee.next_in = start
            zlib.pointee.avail_in = UInt32(input.count)
            repeat {
                let room = makeRoom(for: Int(zlib.pointee.avail_in), in: &output)
                zlib.pointee.next_out = room.start
                zlib.pointee.avail_out = UInt32(room.count)
                CZlib.deflate(zlib, isLast ? Z_FINISH : endsPart ? Z_BLOCK : Z_NO_FLUSH)
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
