// ISA-L's compressor for one block after another, at its level 3: several times faster than zlib's level 1 and no larger, on
// rows of random content as on rows that repeat a lot (where level 2 was larger).

import CIsal

final class IsalDeflater: Deflater {
    private let stream: UnsafeMutablePointer<isal_zstream>
    private let levelMemory: UnsafeMutablePointer<UInt8>
    /// Level 3 wants 20 KiB and its hash table; what is more holds tokens, 4 bytes each. ISA-L fits its codes anew when they are
    /// full: 8 Ki of them gain 3 % over the default 64 Ki where rows repeat, for a tenth of the time at most.
    private static let levelMemorySize = 20 * 1024 + 2 * 32 * 1024 + 4 * 8 * 1024

    init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: isal_zstream())
        levelMemory = .allocate(capacity: IsalDeflater.levelMemorySize)
        levelMemory.initialize(repeating: 0, count: IsalDeflater.levelMemorySize)
    }

    deinit {
        stream.deallocate()
        levelMemory.deallocate()
    }

    func deflate(
        _ data: UnsafeRawBufferPointer, history: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        isal_deflate_init(stream)
        stream.pointee.level = 3
        stream.pointee.level_buf = levelMemory
        stream.pointee.level_buf_size = UInt32(IsalDeflater.levelMemorySize)
        stream.pointee.flush = UInt16(SYNC_FLUSH)
        stream.pointee.end_of_stream = 0
        // ISA-L does not change what these point to; the C types only lack the const.
        if let start = history.bindMemory(to: UInt8.self).baseAddress, history.count > 0 {
            guard isal_deflate_set_dict(stream, UnsafeMutablePointer(mutating: start), UInt32(history.count)) == COMP_OK
            else { return nil }
        }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: data.bindMemory(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = UInt32(data.count)
        stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(output.count)
        // A full output may hide a flush that is not complete.
        guard isal_deflate(stream) == COMP_OK, stream.pointee.avail_in == 0, stream.pointee.avail_out > 0 else { return nil }
        return output.count - Int(stream.pointee.avail_out)
    }
}
