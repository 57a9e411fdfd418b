// Two halves of one work on two cores: operations that one thread makes are taken by another, in order and in batches.
// Few operations never leave the caller's thread, since handing them over would cost more than it saves.

internal import Dispatch
internal import Synchronization
import Vocabulary

/// Passes operations on to a consumer that works beside whoever appends them.
///
/// The consumer is called on one thread at a time, never once `complete` or `settle` has returned and nothing was appended since: what
/// it owns (a log writer, a connection) is then the caller's again. Memory: four batches of 256 KiB; a larger operation is not
/// copied but taken at once.
///
/// `@unchecked Sendable` because each batch belongs to one side at a time: the queue's order and the semaphore say to which.
final class OperationRelay: @unchecked Sendable {
    typealias Consumer = (borrowing Operation) throws(Failure) -> Void

    private struct Ending {
        var failure: Failure?
        var isAbandoned = false
    }

    private static let depth = 4

    private let consumer: Consumer
    private let queue = DispatchQueue(label: "operations")
    private let batches = (0..<depth).map { _ in OperationBatch() }
    /// Batches that the consumer is through with, beside the one that is being filled.
    private let free = DispatchSemaphore(value: 0)
    private let ending = Mutex(Ending())
    private var filling = 0
    private var isAhead = false

    init(_ consumer: @escaping Consumer) {
        self.consumer = consumer
        for _ in 1..<Self.depth { free.signal() }
    }

    /// Runs `body`, which appends. When it returns, the consumer has taken everything; when it or the consumer fails, the consumer has
    /// stopped.
    func complete<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            let result = try body()
            try settle()
            return result
        } catch {
            abandon()
            throw error
        }
    }

    /// Takes an operation, whose views need to live only during the call. Throws what the consumer threw at this operation or at
    /// an earlier one.
    func append(_ operation: Operation) throws(Failure) {
        if batches[filling].take(operation) { return }
        try handOver()
        if batches[filling].take(operation) { return }
        try settle()
        try consumer(operation)
    }

    /// Returns when the consumer has taken everything. Throws what it threw.
    func settle() throws(Failure) {
        wait()
        if let failure = ending.withLock({ $0.failure }) { throw failure }
        try batches[filling].empty(into: consumer)
    }

    /// Returns when the consumer has stopped; what it has not taken yet is forgotten.
    private func abandon() {
        ending.withLock { $0.isAbandoned = true }
        wait()
        batches[filling].removeAll()
    }

    private func wait() {
        if isAhead { queue.sync {} }
        isAhead = false
    }

    private func handOver() throws(Failure) {
        let batch = batches[filling]
        isAhead = true
        queue.async {
            self.consume(batch)
            self.free.signal()
        }
        free.wait()
        filling = (filling + 1) % Self.depth
        if let failure = ending.withLock({ $0.failure }) { throw failure }
    }

    private func consume(_ batch: OperationBatch) {
        if ending.withLock({ $0.failure == nil && !$0.isAbandoned }) {
            do throws(Failure) { try batch.empty(into: consumer) } catch { ending.withLock { $0.failure = error } }
        }
        batch.removeAll()
    }
}

/// Operations with their bytes, at addresses that hold until the batch is emptied.
///
/// `@unchecked Sendable` because the relay gives it to one thread at a time.
private final class OperationBatch: @unchecked Sendable {
    private static let capacity = 256 << 10
    private static let most = 2048

    private let bytes = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
    private var used = 0
    private var operations: ContiguousArray<Operation> = []

    deinit { bytes.deallocate() }

    /// False, and nothing taken, when there is no room.
    func take(_ operation: Operation) -> Bool {
        let size = operation.key.count + operation.old.count + operation.new.count
        guard size <= Self.capacity - used, operations.count < Self.most else { return false }
        var copy = operation
        copy.key = keep(operation.key)
        copy.old = keep(operation.old)
        copy.new = keep(operation.new)
        operations.append(copy)
        return true
    }

    private func keep(_ view: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let start = view.baseAddress, !view.isEmpty else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let place = bytes + used
        place.copyMemory(from: start, byteCount: view.count)
        used += view.count
        return UnsafeRawBufferPointer(start: place, count: view.count)
    }

    func empty(into consumer: OperationRelay.Consumer) throws(Failure) {
        for index in operations.indices { try consumer(operations[index]) }
        removeAll()
    }

    func removeAll() {
        operations.removeAll(keepingCapacity: true)
        used = 0
    }
}
