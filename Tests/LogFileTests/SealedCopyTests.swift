import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

/// One after the other: the plan of failing calls is one for the whole process, filtered by the test's own folder.
@Suite(.serialized) enum FaultTests {}

extension FaultTests {
@Suite("Sealed copies, successors and segments")
struct SealedCopyTests {
    let folder: TestFolder
    let path: String
    let copy: String

    init() throws {
        folder = try TestFolder()
        path = folder.file("a.journal")
        copy = folder.file("a[0000].4BL")
    }

    private func journal(_ count: Int, every: Int = 3) throws -> LogWriter {
        unlink(path)
        let writer = try LogWriter.create(path, header: try Sample.header())
        _ = try writer.register(Sample.context)
        for n in 1...count {
            try Draft.row(n).append(to: writer)
            if n % every == 0 { try writer.commit() }
        }
        try writer.commit()
        return writer
    }

    @Test("a copy holds exactly the operations up to the chosen one, sealed and sound", arguments: [0, 1, 2, 3, 500, 999, 1000])
    func upTo(last: UInt64) throws {
        _ = try journal(1000)
        let before = try readAll(path)
        let outcome = try LogReader(path).writeSealedCopy(to: copy, upTo: last)
        #expect(try readAll(path) == before)
        #expect(outcome.firstOperation == 1)
        #expect(outcome.lastOperation == last)
        let reader = try LogReader(copy)
        #expect(reader.isSealed)
        #expect(reader.lastOperation == last)
        #expect(try reader.context(1) == Sample.context)
        #expect(try reader.lastDigest() == outcome.lastDigest)
        #expect(try everything(copy).operations.map(Draft.init) == (0..<Int(last)).map { .row($0 + 1) })
        let report = try LogCheck.run(copy)
        #expect(report.problems.isEmpty)
        #expect(report.isSealed)
        if last == 1000 { #expect(outcome.bytes < UInt64(before.count / 4), "small blocks are joined") }
    }

    @Test("full blocks are copied whole and large operations come along")
    func fullBlocks() throws {
        let writer = try journal(9_000, every: 9_000)
        var large = Draft.row(9_001)
        large.new = [.blob([UInt8](repeating: 3, count: 2_000_000)), .null, .null]
        try large.append(to: writer)
        try Draft.row(9_002).append(to: writer)
        try writer.commit()
        _ = try LogReader(path).writeSealedCopy(to: copy, upTo: 9_002)
        #expect(try LogCheck.run(copy).problems.isEmpty)
        #expect(try everything(copy).operations == everything(path).operations)
    }

    @Test("a copy is refused where something stands, and for operations that are not there")
    func refusals() throws {
        _ = try journal(10)
        try writeAll(Array("mine".utf8), to: copy)
        let reader = try LogReader(path)
        do {
            _ = try reader.writeSealedCopy(to: copy, upTo: 10)
            Issue.record("written")
        } catch { #expect(error.code == .destinationExists) }
        #expect(try readAll(copy) == Array("mine".utf8))
        do {
            _ = try reader.writeSealedCopy(to: folder.file("b"), upTo: 11)
            Issue.record("written")
        } catch { #expect(error.code == .pointOutOfRange) }
    }

    @Test("a Stop leaves nothing", .timeLimit(.minutes(30)))
    func stop() throws {
        _ = try journal(10)
        let job = Job()
        job.stop()
        do {
            _ = try LogReader(path).writeSealedCopy(to: copy, upTo: 10, job: job)
            Issue.record("written")
        } catch { #expect(error.code == .stopped) }
        #expect(try Folder.contents(of: folder.path) == ["a.journal"])
    }

    @Test("I3: whichever call of the copy fails, there is a whole copy or none, and the journal is as it was")
    func copyFaults() throws {
        _ = try journal(30)
        let before = try readAll(path)
        for n in 1..<60 {
            let counter = CallCounter()
            let hits = CallCounter()
            Faults.install { [prefix = folder.path] _, path in
                guard path.hasPrefix(prefix), counter.next() == n else { return nil }
                _ = hits.next()
                return faultCode(n)
            }
            defer { Faults.install(nil) }
            let outcome = Result { try LogReader(path).writeSealedCopy(to: copy, upTo: 20) }
            Faults.install(nil)
            #expect(try readAll(path) == before)
            if Folder.exists(copy) {
                #expect(try LogCheck.run(copy).problems.isEmpty)
                unlink(copy)
            } else {
                #expect(throws: Failure.self) { try outcome.get() }
            }
            #expect(try Folder.contents(of: folder.path) == ["a.journal"])
            if hits.next() == 1 {
                #expect(n > 6, "every kind of call must have failed once")
                return
            }
        }
        Issue.record("the fault loop did not end")
    }

    @Test("I2: a successor continues numbering, position and definitions, and carries over what came after the cut")
    func successor() throws {
        let writer = try journal(10)
        try Draft.row(11).append(to: writer)
        try writer.commit()
        let sealed = try LogReader(path).writeSealedCopy(to: copy, upTo: 8)
        let header = try LogReader(path).successorHeader(
            after: 8, number: 1, segment: 0, startTime: 5, structure: ["CREATE TABLE x(y)"], previousDigest: sealed.lastDigest)
        #expect(header.firstOperation == 9)
        #expect(header.startPosition == 8)
        chmod(path, 0o640)
        let follower = try LogReader(path)
        let next = try writer.startSuccessor(after: 8, header: header)
        #expect(follower.isReplaced)
        #expect(throws: Failure.self) { try Draft.row(12).append(to: writer) }
        try Draft.row(12).append(to: next)
        try next.commit()
        let reader = try LogReader(path)
        #expect(!reader.isReplaced)
        #expect(reader.header == header)
        #expect(try reader.context(1) == nil, "no operation that comes along is of it")
        let found = try everything(path)
        #expect(found.operations.map(\.number) == [9, 10, 11, 12])
        #expect(found.operations.map(Draft.init) == (9...12).map { .row($0) })
        #expect(try LogCheck.run(path).problems.isEmpty)
        #expect(try #require(Folder.status(of: path)).st_mode & 0o777 == 0o640)
    }

    @Test("I2: a structure for which no header has room begins no log, and the log that was to be cut stays as it was")
    func hugeStructure() throws {
        let writer = try journal(10)
        let before = try readAll(path)
        let structure = (0..<70).map { "CREATE VIEW v\($0) AS SELECT 1 /* \(String(repeating: "x", count: 1 << 20)) */" }
        let header = try LogReader(path).successorHeader(
            after: 10, number: 1, segment: 0, startTime: 5, structure: structure, previousDigest: LogHeader.noDigest)
        #expect(throws: Failure.self) { try writer.startSuccessor(after: 10, header: header) }
        #expect(try readAll(path) == before)
        #expect(throws: Failure.self) { try LogWriter.create(folder.file("other.journal"), header: header) }
        #expect(!Folder.exists(folder.file("other.journal")))
        try Draft.row(11).append(to: writer)
        try writer.commit()
        #expect(try LogReader(path).lastOperation == 11)
    }

    @Test("I2: whichever call of starting a successor fails, the path holds the old log or the whole new one")
    func successorFaults() throws {
        for n in 1..<60 {
            let writer = try journal(10)
            let header = try LogReader(path).successorHeader(
                after: 8, number: 1, segment: 0, startTime: 5, structure: [], previousDigest: LogHeader.noDigest)
            let before = try readAll(path)
            let counter = CallCounter()
            let hits = CallCounter()
            Faults.install { [prefix = folder.path] _, path in
                guard path.hasPrefix(prefix), counter.next() == n else { return nil }
                _ = hits.next()
                return faultCode(n)
            }
            defer { Faults.install(nil) }
            let outcome = Result { try writer.startSuccessor(after: 8, header: header) }
            Faults.install(nil)
            let reader = try LogReader(path)
            if reader.firstOperation == 1 {
                #expect(try readAll(path) == before)
                #expect(throws: Failure.self) { try outcome.get() }
                // The old writer goes on.
                try Draft.row(11).append(to: writer)
                try writer.commit()
                #expect(try everything(path).operations.count == 11)
            } else {
                #expect(reader.firstOperation == 9)
                #expect(try everything(path).operations.map(\.number) == [9, 10])
            }
            #expect(try LogCheck.run(path).problems.isEmpty)
            #expect(try Folder.contents(of: folder.path) == ["a.journal"])
            if hits.next() == 1 {
                #expect(n > 6, "every kind of call must have failed once")
                return
            }
        }
        Issue.record("the fault loop did not end")
    }

    @Test("a sealed log takes nothing more and stays sound")
    func segment() throws {
        let writer = try journal(10)
        try writer.seal()
        #expect(writer.isSealed)
        #expect(throws: Failure.self) { try Draft.row(11).append(to: writer) }
        #expect(throws: Failure.self) { try writer.commit() }
        let reader = try LogReader(path)
        #expect(reader.isSealed)
        #expect(try reader.lastDigest() == writer.lastDigest)
        #expect(reader.lastOperation == 10)
        #expect(try LogCheck.run(path) == LogCheck.run(path))
        #expect(try LogCheck.run(path).problems.isEmpty)
        // Anything behind the seal is damage.
        var bytes = try readAll(path)
        bytes += [1, 2, 3]
        try writeAll(bytes, to: folder.file("b"))
        #expect(try !LogCheck.run(folder.file("b")).isSound)
    }
}
}
