import FileSystem
import Glibc
import Synchronization
import Testing
import Vocabulary

@testable import LogFile

extension FaultTests {
@Suite("A commit is all or nothing")
struct CommitTests {
    let folder: TestFolder
    let path: String

    init() throws {
        folder = try TestFolder()
        path = folder.file("a.journal")
    }

    /// Lets the n-th call of the given kinds in this test's folder fail, once.
    private func withFault<Result>(
        _ n: Int, _ calls: Set<SystemCall> = [.write, .sync, .truncate, .rename, .link, .open], code: Int32? = nil, lasting: Bool = false,
        _ body: () throws -> Result
    ) rethrows -> (result: Result, wasHit: Bool) {
        let counter = CallCounter()
        let hits = CallCounter()
        Faults.install { [prefix = folder.path] call, path in
            guard path.hasPrefix(prefix), calls.contains(call) else { return nil }
            let now = counter.next()
            guard lasting ? now >= n : now == n else { return nil }
            _ = hits.next()
            return code ?? faultCode(n)
        }
        defer { Faults.install(nil) }
        let result = try body()
        return (result, hits.next() > 1)
    }

    private func drafts() throws -> [Draft] { try everything(path).operations.map(Draft.init) }

    @Test("I1: whichever call of a commit fails, the log is as before, says 1274, and takes the commit again", arguments: [false, true])
    func commitFaults(large: Bool) throws {
        let first = (1...3).map { Draft.row($0) }
        var second = (4...6).map { Draft.row($0) }
        if large { second[1].new = [.blob([UInt8](repeating: 7, count: 1_500_000)), .null, .null] }
        var n = 0
        while n < 60 {
            n += 1
            unlink(path)
            let writer = try LogWriter.create(path, header: try Sample.header())
            for draft in first { try draft.append(to: writer) }
            try writer.commit()
            let before = try readAll(path)
            let outcome = try withFault(n) { () -> Failure? in
                do {
                    _ = try writer.register(Sample.context)
                    for draft in second { try draft.append(to: writer) }
                    try writer.commit()
                    return nil
                } catch let failure as Failure { return failure }
            }
            guard outcome.wasHit else {
                #expect(outcome.result == nil)
                #expect(n > 2, "write and sync must each have failed once")
                return
            }
            #expect(outcome.result?.code == .logUnavailable)
            #expect(outcome.result?.cause == String(cString: strerror(faultCode(n))))
            #expect(try readAll(path) == before)
            #expect(writer.lastOperation == 3)
            #expect(writer.lastPosition == 3)
            // What was given out before the failure is forgotten with it, and the number given out anew.
            #expect(try writer.register(Sample.context) == 1)
            for draft in second { try draft.append(to: writer) }
            try writer.commit()
            #expect(try drafts() == first + second)
            #expect(try LogReader(path).context(1) == Sample.context)
            #expect(try LogCheck.run(path).problems.isEmpty)
        }
        Issue.record("the fault loop did not end")
    }

    @Test("while even the cut fails nothing is written, and nobody sees the failed commit")
    func lastingFault() throws {
        let writer = try LogWriter.create(path, header: try Sample.header())
        try Draft.row(1).append(to: writer)
        try writer.commit()
        _ = try withFault(2, [.write, .sync, .truncate], lasting: true) {
            try Draft.row(2).append(to: writer)
            #expect(throws: Failure.self) { try writer.commit() }
            #expect(throws: Failure.self) { try Draft.row(2).append(to: writer) }
        }
        try Draft.row(2).append(to: writer)
        try writer.commit()
        #expect(try drafts() == [.row(1), .row(2)])
        #expect(try LogCheck.run(path).problems.isEmpty)
    }

    @Test("blocks of a drain that was never committed are shown to nobody and cut by the next writer")
    func uncommitted() throws {
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            try Draft.row(1).append(to: writer)
            try writer.commit()
        }
        let committed = try readAll(path)
        do {
            // Enough for several blocks, some of which are written before any commit; then this writer dies.
            let writer = try LogWriter(opening: path)
            for n in 2...20_000 { try Draft.row(n).append(to: writer) }
        }
        #expect(try readAll(path).count > committed.count + 10_000)
        let reader = try LogReader(path)
        #expect(reader.lastOperation == 1)
        #expect(reader.bytesAfterLastCommit > 10_000)
        #expect(try LogCheck.run(path).isSound)
        #expect(try LogCheck.run(path).problems.count == 1)
        let writer = try LogWriter(opening: path)
        #expect(writer.lastOperation == 1)
        #expect(writer.bytesCut > 10_000)
        #expect(try readAll(path) == committed)
    }

    @Test("a commit torn inside, as a power failure leaves it, is cut whole")
    func tornInside() throws {
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            try Draft.row(1).append(to: writer)
            try writer.commit()
        }
        let start = try readAll(path).count
        do {
            let writer = try LogWriter(opening: path)
            for n in 2...20_000 { try Draft.row(n).append(to: writer) }
            try writer.commit()
        }
        let bytes = try readAll(path)
        for place in stride(from: start + 10, to: bytes.count - 200, by: 15_000) {
            var torn = bytes
            for index in place..<place + 64 { torn[index] = 0 }
            try writeAll(torn, to: path)
            let writer = try LogWriter(opening: path)
            #expect(writer.lastOperation == 1, "hole at \(place)")
            #expect(try readAll(path).count == start)
        }
    }

    @Test("I3: whichever call of creating fails, there is a whole log or none")
    func createFaults() throws {
        for n in 1..<40 {
            let outcome = withFault(n) { try? LogWriter.create(path, header: Sample.header()) }
            if Folder.exists(path) {
                #expect(try LogCheck.run(path).problems.isEmpty)
                unlink(path)
            } else {
                #expect(outcome.result == nil)
            }
            #expect(try Folder.contents(of: folder.path).isEmpty)
            if !outcome.wasHit {
                #expect(n > 6, "open, write, sync, rename and the folder's sync must each have failed once")
                return
            }
        }
        Issue.record("the fault loop did not end")
    }

    @Test("readers beside a writer see whole commits only, and follow them")
    func concurrentReader() throws {
        let commits = 400
        let size = 7
        let writer = try LogWriter.create(path, header: try Sample.header())
        let done = Atomic<Bool>(false)
        let follower = Follower(path: path, size: UInt64(size))
        let thread = Thread { follower.run(until: { done.load(ordering: .acquiring) }) }
        for commit in 0..<commits {
            for n in 1...size { try Draft.row(commit * size + n, isConsistentPoint: n == size).append(to: writer) }
            if commit % 50 == 10 {
                // More than a block between two commits.
                writer.cancel()
                for n in 1...size { try Draft.row(commit * size + n, isConsistentPoint: n == size).append(to: writer) }
            }
            try writer.commit()
        }
        done.store(true, ordering: .releasing)
        thread.join()
        #expect(follower.problems.withLock { $0 } == [])
        #expect(follower.seen.withLock { $0 } == UInt64(commits * size))
    }

    @Test("a reader notices that what it saw was cut and replaced")
    func cutUnderReader() throws {
        let writer = try LogWriter.create(path, header: try Sample.header())
        try Draft.row(1).append(to: writer)
        try writer.commit()
        let end = try readAll(path).count
        try Draft.row(2).append(to: writer)
        try writer.commit()
        let reader = try LogReader(path)
        #expect(reader.lastOperation == 2)
        // A power failure takes the second commit, another one of the same length follows.
        truncate(path, off_t(end))
        #expect(try reader.refresh())
        #expect(reader.lastOperation == 1)
        #expect(try !reader.refresh())
        try withExtendedLifetime(writer) {
            var other = Draft.row(2)
            other.new[0] = .text("NAME 2")
            for draft in [Draft.row(2), other] {
                truncate(path, off_t(end))
                let copy = folder.file("copy")
                try writeAll(try readAll(path), to: copy)
                let next = try LogWriter(opening: copy)
                try draft.append(to: next)
                try next.commit()
                // The same file goes on, as after a crash and a new start.
                let bytes = try readAll(copy)
                let file = try File(path, .readWrite)
                try bytes.withUnsafeBytes { try file.write($0, at: 0) }
                #expect(try reader.refresh())
                #expect(try reader.operation(2).map(Draft.init) == draft)
            }
        }
    }

    @Test("I1: a commit returns only after the file was synchronised behind its last byte")
    func order() throws {
        let writer = try LogWriter.create(path, header: try Sample.header())
        let calls = Mutex<[SystemCall]>([])
        Faults.install { [prefix = folder.path] call, path in
            if path.hasPrefix(prefix), call != .read { calls.withLock { $0.append(call) } }
            return nil
        }
        defer { Faults.install(nil) }
        try Draft.row(1).append(to: writer)
        try writer.commit()
        Faults.install(nil)
        #expect(calls.withLock { $0 } == [.write, .sync])
    }
}

}

/// Reads a growing log again and again from another thread.
final class Follower: Sendable {
    let path: String
    let size: UInt64
    let problems = Mutex<[String]>([])
    let seen = Mutex<UInt64>(0)

    init(path: String, size: UInt64) {
        self.path = path
        self.size = size
    }

    func run(until isDone: () -> Bool) {
        do {
            let reader = try LogReader(path)
            while true {
                let last = isDone()
                try reader.refresh()
                let from = seen.withLock { $0 } + 1
                var next = from
                try reader.forEach(from: from, damage: { damage in self.problems.withLock { $0.append(damage.reason) } }) { operation in
                    if Draft(OwnedOperation(operation)) != .row(Int(next), isConsistentPoint: next % self.size == 0) {
                        self.problems.withLock { $0.append("operation \(next) differs") }
                    }
                    next += 1
                    return .next
                }
                if (next - 1) % size != 0 { problems.withLock { $0.append("half a commit up to \(next - 1)") } }
                seen.withLock { $0 = next - 1 }
                // Another one that opens anew, as a page would.
                if try LogReader(path).lastOperation < next - 1 { problems.withLock { $0.append("a new reader sees less") } }
                if last { return }
            }
        } catch { problems.withLock { $0.append("\(error)") } }
    }
}

/// A thread of its own that can be waited for.
final class Thread {
    private var handle = pthread_t()

    init(_ body: @escaping @Sendable () -> Void) {
        let box = Unmanaged.passRetained(Box(body))
        pthread_create(&handle, nil, { pointer in
            guard let pointer else { return nil }
            Unmanaged<Box>.fromOpaque(pointer).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
    }

    func join() { pthread_join(handle, nil) }

    private final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}
