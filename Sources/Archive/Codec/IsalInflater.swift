// ISA-L's decompressor.

import CIsal

final class IsalInflater: Inflater {
    private let state: UnsafeMutablePointer<inflate_state>

    init() {
        state = .allocate(capacity: 1)
        state.initialize(to: inflate_state())
        isal_inflate_init(state)
    }

    deinit { state.deallocate() }

    /// ISA-L reads up to eight bytes ahead into a register.
    var unusedBytes: Int { Int(max(0, state.pointee.read_in_length)) / 8 }

    func reset() { isal_inflate_reset(state) }

    func inflate(_ input: inout UnsafeRawBufferPointer, into output: inout UnsafeMutableRawBufferPointer) -> InflateResult {
        state.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
        state.pointee.avail_in = UInt32(input.count)
        state.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
        state.pointee.avail_out = UInt32(output.count)
        let code = isal_inflate(state)
        input = UnsafeRawBufferPointer(rebasing: input[(input.count - Int(state.pointee.avail_in))...])
        output = UnsafeMutableRawBufferPointer(rebasing: output[(output.count - Int(state.pointee.avail_out))...])
        guard code >= ISAL_DECOMP_OK else { return .damaged }
        return state.pointee.block_state == ISAL_BLOCK_FINISH ? .end : .more
    }
}
