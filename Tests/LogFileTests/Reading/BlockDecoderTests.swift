import Testing
import Vocabulary

@testable import LogFile

@Suite("A payload that passed its checksum is still not trusted")
struct BlockDecoderTests {
    /// A block of random operations.
    private func block(_ count: Int, seed: UInt64) -> (payload: [UInt8], summary: BlockSummary) {
        let encoder = OperationEncoder()
        for (index, draft) in RoundTripTests.randomDrafts(count, seed: seed).enumerated() {
            let key = Draft.bytes(draft.key)
            let old = Draft.bytes(draft.old)
            let new = Draft.bytes(draft.new)
            key.withUnsafeBytes { key in
                old.withUnsafeBytes { old in
                    new.withUnsafeBytes { new in
                        let operation = Operation(
                            action: draft.action, time: draft.time, position: draft.position,
                            isConsistentPoint: draft.isConsistentPoint, context: draft.context, table: draft.table, key: key,
                            old: old, new: new)
                        #expect(encoder.append(operation, number: UInt64(index + 1)))
                    }
                }
            }
        }
        var payload = Bytes()
        _ = encoder.finish(into: &payload)
        return (payload.array, encoder.summary)
    }

    /// Opens and decodes; every operation given must lie in order within what the block announced.
    private func decode(_ payload: [UInt8], _ summary: BlockSummary, _ decoder: BlockDecoder) -> Bool {
        // As BlockPayload does: room behind the payload.
        let padded = payload + [UInt8](repeating: 0, count: 16)
        return padded.withUnsafeBytes { bytes in
            guard decoder.open(UnsafeRawBufferPointer(rebasing: bytes[..<payload.count]), summary) else { return false }
            let all = decoder.tables.map { _ in true }
            let search = TextSearch("12", encoding: .utf8)
            _ = search.mayMatch(decoder, wanted: all)
            guard decoder.decodeImages(wanted: all) else { return false }
            for index in 0..<decoder.count {
                let operation = decoder.operation(index)
                for image in [operation.key, operation.old, operation.new] where ValueWalk.count(image) == nil { return false }
            }
            return true
        }
    }

    @Test("random changes of a payload give false or well-formed values, never a crash", arguments: [1, 2, 3] as [UInt64])
    func mutations(seed: UInt64) {
        let (payload, summary) = block(seed == 3 ? 400 : 12, seed: seed)
        let decoder = BlockDecoder()
        #expect(decode(payload, summary, decoder))
        var chance = SplitMix(state: seed)
        var survived = 0
        for _ in 0..<4_000 {
            var changed = payload
            for _ in 0..<Int.random(in: 1...3, using: &chance) {
                let place = Int.random(in: 0..<min(changed.count, Bool.random(using: &chance) ? 200 : .max), using: &chance)
                switch Int.random(in: 0..<4, using: &chance) {
                case 0: changed[place] = UInt8.random(in: 0...255, using: &chance)
                case 1: changed[place] = 0xff
                case 2: changed.remove(at: place)
                default: changed.insert(UInt8.random(in: 0...255, using: &chance), at: place)
                }
            }
            if decode(changed, summary, decoder) { survived += 1 }
        }
        #expect(survived < 4_000)
        // The decoder is as good as new afterwards.
        #expect(decode(payload, summary, decoder))
    }

    @Test("every cut of a payload is refused")
    func cuts() {
        let (payload, summary) = block(12, seed: 4)
        let decoder = BlockDecoder()
        for length in 0..<payload.count { #expect(!decode(Array(payload[..<length]), summary, decoder), "cut at \(length)") }
    }

    @Test("values that are not well-formed are left to a block of their own")
    func malformed() {
        let encoder = OperationEncoder()
        for bytes in [[9], [3, 200, 1], [1, 0x80, 0x00], [2, 1, 2]] as [[UInt8]] {
            bytes.withUnsafeBytes { bytes in
                #expect(!encoder.append(Operation(action: .addition, time: 0, position: 0, new: bytes), number: 1))
            }
        }
        #expect(encoder.isEmpty)
    }
}
