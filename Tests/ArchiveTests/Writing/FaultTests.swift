import Deflate
import Dispatch
import Glibc
import Synchronization
import Testing
import Vocabulary
@testable import Archive
@testable import FileSystem

/// Counts calls from any thread.
final class Count: Sendable {
    private let value = Mutex(0)
    func next() -> Int { value.withLock { $0 += 1; return $0 } }
}

/// What the n-th call fails with: a full disk, each third time a broken one or one that is not permitted. MSC_FAULT=EIO and so on: always that.
func faultCode(_ n: Int) -> Int32 {
    if let text = getenv("MSC_FAULT"), let code = ["EIO": EIO, "EACCES": EACCES, "ENOSPC": ENOSPC][String(cString: text)] { return code }
    return n % 3 == 1 ? n % 6 == 1 ? EIO : EACCES : ENOSPC
}

@Suite("I3: whatever fails or stops, an archive is whole or not there", .serialized)
struct FaultTests {
    let workshop = Workshop()
    let contents: [Content] = [("Data/a", Sample.text(2_500_000)), ("Data/b", Sample.noise(90_000))]

    /// Runs `body` with the first, the second, ... call failing until none is hit.
    private func withEveryFault(only calls: Set<SystemCall>, forEver: Bool, _ body: (Int) throws -> Bool) rethrows -> Int {
        for n in 1..<400 {
            let count = Count()
            Faults.install { [folder = workshop.folder] call, path in
                guard calls.contains(call), path.hasPrefix(folder) || path.hasPrefix("/proc/self/fd") else { return nil }
                let number = count.next()
                return number == n || forEver && number > n ? faultCode(n) : nil
            }
            defer { Faults.install(nil) }
            if try body(n) { return n }
        }
        return 400
    }

    @Test("each failing call while writing: error 1409 with the system's reason, no file", arguments: [nil, 70_000 as UInt64], [false, true])
    func writing(segmentSize: UInt64?, forEver: Bool) throws {
        let path = workshop.path("SampleDB[0001].4BK")
        let n = withEveryFault(only: [.open, .write, .sync, .rename, .link], forEver: forEver) { n in
            do {
                try makeArchive(path, contents, segmentSize: segmentSize)
                return true
            } catch {
                let failure = error as? Failure
                #expect(failure?.code == .archiveSaveFailed && failure?.cause == String(cString: strerror(faultCode(n))), "\(error)")
                #expect(workshop.contents() == [])
                return false
            }
        }
        #expect((6..<400).contains(n))
        #expect(same(try readArchive(path), contents))
    }

    @Test("each failing call while reading: an error, never a wrong answer")
    func reading() throws {
        let path = workshop.path("SampleDB[0001].4BK")
        try makeArchive(path, contents, segmentSize: 300_000)
        let n = withEveryFault(only: [.open, .read], forEver: false) { _ in
            guard let found = try? readArchive(path) else { return false }
            #expect(same(found, contents))
            return true
        }
        #expect((6..<400).contains(n))
    }

    @Test("each failing call while extracting: no file under the final name, no temporary one")
    func extracting() throws {
        let path = workshop.path("a.4BK")
        try makeArchive(path, contents)
        let reader = try ArchiveReader(path: path)
        let item = try reader.manifest().items[0]
        try Folder.create(workshop.path("out"))
        let n = withEveryFault(only: [.open, .write, .sync, .rename, .link, .makeFolder], forEver: false) { _ in
            do {
                try reader.extract(item, below: workshop.path("out"), job: Job())
                return true
            } catch {
                #expect((error as? Failure) != nil, "\(error)")
                #expect((try? Folder.contents(of: workshop.path("out/Data"))) ?? [] == [])
                return false
            }
        }
        #expect((8..<400).contains(n))
        #expect(workshop.bytes("out/Data/a") == contents[0].bytes)
    }

    @Test("an error of the source comes through as it is and leaves nothing", arguments: [0, 1, 5])
    func failingSource(after good: Int) throws {
        struct Torn: Error {}
        let writer = try ArchiveWriter(path: workshop.path("a.4BK"), segmentSize: 200_000, job: Job())
        var calls = 0
        #expect(throws: Torn.self) {
            let entry = ArchiveWriter.Entry(role: .data, name: "a", originalPath: "/a", mode: 0o600, modified: 0)
            try writer.addEntry(entry, compression: .none) { buffer in
                calls += 1
                if calls > good { throw Torn() }
                return buffer.count
            }
        }
        #expect(workshop.contents() == [])
    }

    @Test("a block that nobody waits for lives until its digest is taken")
    func abandonedBlock() throws {
        let digests = DispatchQueue(label: "tests.digests")
        let compressions = DispatchQueue(label: "tests.compressions", attributes: .concurrent)
        digests.suspend()
        let lane = DigestLane(queue: digests)
        weak var abandoned: Block?
        do {
            let block = Block(compression: .fast, codec: .best)
            abandoned = block
            var isGiven = false
            _ = try block.fill(after: nil) { buffer in
                defer { isGiven = true }
                return isGiven ? 0 : min(100_000, buffer.count)
            }
            block.start(on: compressions, digest: lane)
            compressions.sync(flags: .barrier) {}
        }
        #expect(abandoned != nil)
        digests.resume()
        _ = lane.finish()
        #expect(abandoned == nil)
    }

    @Test("Stop at every step of writing: error 1406, no file")
    func stopWriting() throws {
        var isDone = false
        for n in 1..<100 where !isDone {
            let job = Job()
            var calls = 0
            var position = 0
            let bytes = contents[0].bytes
            do {
                let writer = try ArchiveWriter(path: workshop.path("a.4BK"), segmentSize: 100_000, job: job)
                let entry = ArchiveWriter.Entry(role: .data, name: "a", originalPath: "/a", mode: 0o600, modified: 0)
                try writer.addEntry(entry, compression: .fast) { buffer in
                    calls += 1
                    if calls == n { job.stop() }
                    let count = min(100_000, buffer.count, bytes.count - position)
                    buffer.copyBytes(from: bytes[position..<position + count])
                    position += count
                    return count
                }
                if calls < n { job.stop() }
                _ = try writer.finish(Sample.manifest())
                Issue.record("a stopped backup was finished")
            } catch {
                #expect((error as? Failure)?.code == .stopped)
                isDone = calls < n
            }
            #expect(workshop.contents() == [])
        }
        #expect(isDone)
    }

    @Test("Stop during any write, the last before publication included: error 1406, no file")
    func stopDuringWrites() throws {
        var isDone = false
        for n in 1..<100 where !isDone {
            let job = Job()
            let count = Count()
            Faults.install { [folder = workshop.folder] call, path in
                if call == .write, path.hasPrefix(folder), count.next() == n { job.stop() }
                return nil
            }
            defer { Faults.install(nil) }
            let code = Failure.code { try makeArchive(workshop.path("a.4BK"), contents, job: job) }
            isDone = !job.isStopped
            #expect(code == (isDone ? nil : .stopped) && workshop.contents() == (isDone ? ["a.4BK"] : []))
        }
        #expect(isDone)
    }

    @Test("Stop at every step of extracting: error 1406, no file")
    func stopExtracting() throws {
        let path = workshop.path("a.4BK")
        try makeArchive(path, [("a", Sample.noise(9 << 20))])
        let reader = try ArchiveReader(path: path)
        let item = try reader.manifest().items[0]
        for n in [0, 1, 17, 36] {
            let job = Job()
            var calls = 0
            let code = Failure.code {
                if n == 0 { job.stop() }
                try reader.extract(item, job: job) { _ in
                    calls += 1
                    if calls == n { job.stop() }
                }
            }
            #expect(code == .stopped)
            let other = Job()
            other.stop()
            #expect(Failure.code { try reader.extract(item, toFile: workshop.path("out"), job: other) } == .stopped)
            #expect(workshop.contents() == ["a.4BK"])
        }
    }

    @Test("nothing is overwritten: not an archive, not a first segment, not a restored file")
    func occupied() throws {
        try workshop.write([1], to: "a.4BK")
        #expect(Failure.code { try makeArchive(workshop.path("a.4BK"), contents) } == .destinationExists)
        try workshop.write([1], to: "b-0001.4BK")
        #expect(Failure.code { try makeArchive(workshop.path("b.4BK"), contents, segmentSize: 1000) } == .destinationExists)
        // A later segment of the same name shows itself only at publication.
        try workshop.write([1], to: "c-0002.4BK")
        #expect(Failure.code { try makeArchive(workshop.path("c.4BK"), contents, segmentSize: 100_000) } == .destinationExists)
        #expect(workshop.contents() == ["a.4BK", "b-0001.4BK", "c-0002.4BK"])
        try makeArchive(workshop.path("d.4BK"), contents)
        let reader = try ArchiveReader(path: workshop.path("d.4BK"))
        let item = try reader.manifest().items[0]
        #expect(Failure.code { try reader.extract(item, toFile: workshop.path("a.4BK"), job: Job()) } == .destinationExists)
        #expect(workshop.bytes("a.4BK") == [1] && workshop.bytes("b-0001.4BK") == [1] && workshop.bytes("c-0002.4BK") == [1])
    }
}
