// Operations that are handed to another thread arrive complete, in order and once, and a failure on either side ends both.

import Dispatch
import Synchronization
import Testing
import Vocabulary

@testable import Engine

@Suite("The relay of operations")
struct OperationRelayTests {
    /// What the consumer got: touched by one side at a time, as the relay promises.
    private final class Received: @unchecked Sendable {
        var numbers: [UInt64] = []
        var bytes: [[UInt8]] = []
        var isOtherThread = false
    }

    private static func operation(_ number: UInt64, _ bytes: UnsafeRawBufferPointer) -> Operation {
        Operation(number: number, action: .addition, time: 0, position: Int64(number), key: bytes, old: bytes, new: bytes)
    }

    private static func append(_ number: UInt64, _ bytes: [UInt8], to relay: OperationRelay) throws {
        // The bytes are gone after the call.
        try bytes.withUnsafeBytes { try relay.append(operation(number, $0)) }
    }

    @Test("all arrive in order with their bytes, small ones and ones larger than a batch", arguments: [0, 3, 700, 100_000])
    func order(size: Int) throws {
        let received = Received()
        let relay = OperationRelay { (operation) throws(Failure) in
            received.numbers.append(operation.number)
            received.bytes.append([operation.key, operation.old, operation.new].flatMap(Array.init))
        }
        let count: UInt64 = size > 10_000 ? 20 : 20_000
        for number in 1...count { try Self.append(number, [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: size), to: relay) }
        try relay.settle()
        #expect(received.numbers == Array(1...count))
        let areRight = received.bytes.enumerated().allSatisfy { $1 == [UInt8](repeating: UInt8(truncatingIfNeeded: $0 + 1), count: size * 3) }
        #expect(areRight)
    }

    @Test("few operations are taken on the caller's thread")
    func few() throws {
        let received = Received()
        let caller = DispatchSpecificKey<Bool>()
        let queue = DispatchQueue(label: "caller")
        queue.setSpecific(key: caller, value: true)
        try queue.sync {
            let relay = OperationRelay { (operation) throws(Failure) in
                received.numbers.append(operation.number)
                received.isOtherThread = DispatchQueue.getSpecific(key: caller) != true
            }
            for number in 1...100 { try Self.append(UInt64(number), [1], to: relay) }
            #expect(received.numbers.isEmpty)
            try relay.settle()
        }
        #expect(received.numbers.count == 100)
        #expect(!received.isOtherThread)
    }

    @Test("the consumer's failure reaches whoever appends, and nothing is consumed after it", arguments: [1, 5000, 99_999])
    func failure(at number: UInt64) throws {
        let received = Received()
        let relay = OperationRelay { (operation) throws(Failure) in
            if operation.number == number { throw Failure(.writeFailed, "no more", hint: "") }
            received.numbers.append(operation.number)
        }
        let failure = #expect(throws: Failure.self) {
            try relay.complete {
                for number in 1...100_000 { try Self.append(UInt64(number), [1, 2, 3], to: relay) }
            }
        }
        #expect(failure?.code == .writeFailed)
        #expect(received.numbers.last ?? 0 == number - 1)
    }

    @Test("after a failure of whoever appends nothing is consumed any more")
    func stop() throws {
        let received = Received()
        let isHeld = DispatchSemaphore(value: 0)
        let relay = OperationRelay { (operation) throws(Failure) in
            if operation.number == 1 { isHeld.wait() }
            received.numbers.append(operation.number)
        }
        #expect(throws: Failure.self) {
            try relay.complete {
                // One batch is being consumed and a second one waits.
                for number in 1...5000 { try Self.append(UInt64(number), [1], to: relay) }
                DispatchQueue.global().async { isHeld.signal() }
                throw Failure(.stopped, "stopped", hint: "")
            }
        }
        let count = received.numbers.count
        #expect(count < 5000)
        #expect(received.numbers == (0..<UInt64(count)).map { $0 + 1 })
    }
}
