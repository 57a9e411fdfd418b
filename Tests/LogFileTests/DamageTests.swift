import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import LogFile

@Suite("Damage is found or harmless, and never shown as data")
struct DamageTests {
    let folder: TestFolder
    let path: String

    init() throws {
        folder = try TestFolder()
        path = folder.file("a.journal")
    }

    /// Six operations in four commits, one of them large enough to be deflated.
    private func smallLog(sealed: Bool = false) throws -> [Draft] {
        var drafts = (1...6).map { Draft.row($0) }
        drafts[3].new[2] = .text(String(repeating: "abcdefgh", count: 200))
        let writer = try LogWriter.create(path, header: try Sample.header())
        for (index, draft) in drafts.enumerated() {
            try draft.append(to: writer)
            if index % 2 == 1 { try writer.commit() }
            if index == 2 { _ = try writer.register(Sample.context) }
        }
        try writer.commit()
        if sealed { try writer.seal() }
        return drafts
    }

    /// Reads a log in every way and holds what it gives against the truth.
    private func expectTruth(_ drafts: [Draft], _ what: String, mustNotice: Bool = true) throws {
        let found: (operations: [OwnedOperation], damage: [Damage])
        let reader: LogReader
        do {
            found = try everything(path)
            reader = try LogReader(path)
        } catch let failure as Failure {
            #expect([.logDamaged, .unsupportedVersion].contains(failure.code), "\(what): \(failure)")
            return
        }
        for operation in found.operations {
            #expect(Draft(operation) == drafts[Int(operation.number) - 1], "\(what): wrong data for \(operation.number)")
        }
        let missing = Set(1...UInt64(drafts.count)).subtracting(found.operations.map(\.number))
        let reported = found.damage.reduce(into: Set<UInt64>()) { set, damage in
            if let lost = damage.operations { set.formUnion(Set(lost)) }
        }
        // What is missing is reported as lost, or lies in the unfinished tail.
        for number in missing where !reported.contains(number) {
            #expect(number > reader.lastOperation, "\(what): operation \(number) vanished")
            #expect(!mustNotice || reader.bytesAfterLastCommit > 0, "\(what): operation \(number) vanished without a trace")
        }
        #expect(found.operations.count == Set(found.operations.map(\.number)).count)
        let backward = try everything(path, reverse: true)
        #expect(Array(backward.operations.reversed()) == found.operations, "\(what): backwards differs")
    }

    @Test("every flipped byte of a journal is noticed by the check, and readers give only what is true", arguments: [false, true])
    func flips(sealed: Bool) throws {
        let drafts = try smallLog(sealed: sealed)
        let bytes = try readAll(path)
        #expect(try LogCheck.run(path).problems.isEmpty)
        for place in bytes.indices {
            for mask in [0x01, 0x80, 0xff] as [UInt8] {
                var changed = bytes
                changed[place] ^= mask
                try writeAll(changed, to: path)
                let what = "byte \(place) ^ \(mask)"
                try expectTruth(drafts, what)
                do {
                    let report = try LogCheck.run(path)
                    #expect(!report.problems.isEmpty, "\(what): the check saw nothing")
                } catch { #expect(error.code == .unsupportedVersion, "\(what): \(error)") }
            }
        }
    }

    @Test("every cut is recognised; the writer cuts the rest off and goes on")
    func cuts() throws {
        let drafts = try smallLog()
        let bytes = try readAll(path)
        for length in 0..<bytes.count {
            try writeAll(bytes[..<length], to: path)
            try expectTruth(drafts, "cut at \(length)", mustNotice: false)
            let kept: UInt64
            do {
                let writer = try LogWriter(opening: path)
                kept = writer.lastOperation
                #expect([0, 2, 4, 6].contains(kept), "cut at \(length): half a commit was kept")
                #expect(writer.lastPosition == Int64(kept))
                for draft in drafts[Int(kept)...] { try draft.append(to: writer) }
                try writer.commit()
            } catch let failure as Failure {
                #expect(failure.code == .logDamaged)
                continue
            }
            let found = try everything(path)
            #expect(found.operations.map(Draft.init) == drafts, "cut at \(length)")
            #expect(found.damage.isEmpty)
            #expect(try LogCheck.run(path).problems.isEmpty, "cut at \(length)")
        }
    }

    @Test("after any flipped byte the writer opens or refuses, and what it appends can be read")
    func writerAfterFlips() throws {
        let drafts = try smallLog()
        let bytes = try readAll(path)
        for place in stride(from: 0, to: bytes.count, by: 3) {
            var changed = bytes
            changed[place] ^= 0xff
            try writeAll(changed, to: path)
            do {
                let writer = try LogWriter(opening: path)
                let next = Int(writer.lastOperation) + 1
                #expect(next >= 1 && next <= 7)
                for n in next...8 { try (n <= 6 ? drafts[n - 1] : Draft.row(n)).append(to: writer) }
                try writer.commit()
            } catch let failure as Failure {
                #expect([.logDamaged, .unsupportedVersion].contains(failure.code), "byte \(place): \(failure)")
                continue
            }
            try expectTruth(drafts + [.row(7), .row(8)], "byte \(place)")
            let found = try everything(path)
            #expect(found.operations.last?.number == 8)
        }
    }

    @Test("damage among many tiny commits costs the blocks it meets, indexes included")
    func manyBlocks() throws {
        let count = 1_300
        let drafts = (1...count).map { Draft.row($0) }
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            for draft in drafts {
                try draft.append(to: writer)
                try writer.commit()
            }
        }
        let bytes = try readAll(path)
        var chance = SplitMix(state: 5)
        var places = (0..<60).map { _ in Int.random(in: 0..<bytes.count, using: &chance) }
        // Bytes within the two index blocks: kind 3 at offset 4 of a header.
        for place in 0..<(bytes.count - 8) where Array(bytes[place..<place + 5]) == Array("MSCB".utf8) + [3] {
            places += [place, place + 20, place + 100, place + 143, place + 200]
        }
        for place in places {
            var changed = bytes
            changed[place] ^= 0x55
            try writeAll(changed, to: path)
            try expectTruth(drafts, "byte \(place)")
            if let found = try? everything(path) { #expect(found.operations.count >= count - 1, "byte \(place)") }
            #expect(!(try LogCheck.run(path)).problems.isEmpty)
        }
    }

    @Test("a hole over several blocks is reported as the operations it held")
    func hole() throws {
        let drafts = (1...40).map { Draft.row($0) }
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            for draft in drafts {
                try draft.append(to: writer)
                try writer.commit()
            }
        }
        var bytes = try readAll(path)
        let middle = bytes.count / 2
        for place in middle..<middle + 500 { bytes[place] = 0 }
        try writeAll(bytes, to: path)
        let found = try everything(path)
        #expect(found.operations.count >= 35)
        let lost = found.damage.compactMap(\.operations)
        #expect(lost.map { Int($0.upperBound - $0.lowerBound) + 1 }.reduce(0, +) + found.operations.count == 40)

        let outcome = try LogSalvage.run(path, to: folder.file("saved.journal"))
        #expect(outcome.operations == UInt64(found.operations.count))
        let saved = try everything(folder.file("saved.journal"))
        #expect(saved.operations == found.operations)
        #expect(saved.damage.compactMap(\.operations) == lost)
        #expect(throws: Failure.self) {
            try LogReader(path).writeSealedCopy(to: folder.file("copy.4BL"), upTo: 40)
        }
        #expect(!Folder.exists(folder.file("copy.4BL")))
    }

    @Test("a log that lost its first sector is read by the copy of its header")
    func firstSector() throws {
        let drafts = try smallLog()
        var bytes = try readAll(path)
        for place in 0..<200 { bytes[place] = 0 }
        try writeAll(bytes, to: path)
        let reader = try LogReader(path)
        #expect(reader.header == (try Sample.header()))
        #expect(reader.openingDamage.count == 1)
        #expect(try everything(path).operations.map(Draft.init) == drafts)
        #expect(try LogCheck.run(path).problems.map(\.place) == ["file header"])
    }

    @Test("a replaced block is named as the first that does not follow")
    func tampering() throws {
        _ = try smallLog()
        let honest = try readAll(path)
        unlink(path)
        // The same log with another value in its third operation: every checksum is right, only the digests tell.
        do {
            let writer = try LogWriter.create(path, header: try Sample.header())
            var drafts = (1...6).map { Draft.row($0) }
            drafts[3].new[2] = .text(String(repeating: "abcdefgh", count: 200))
            drafts[2].new[0] = .text("NAME 3")
            for (index, draft) in drafts.enumerated() {
                try draft.append(to: writer)
                if index % 2 == 1 { try writer.commit() }
                if index == 2 { _ = try writer.register(Sample.context) }
            }
            try writer.commit()
        }
        let forged = try readAll(path)
        try #require(forged.count == honest.count)
        let blocks = (0..<honest.count - 8).filter { Array(honest[$0..<$0 + 4]) == Array("MSCB".utf8) }
        // Put the honest end behind the forged middle.
        let split = blocks[blocks.count - 1]
        try writeAll(forged[..<split] + honest[split...], to: path)
        let problems = try LogCheck.run(path).problems
        #expect(problems.count == 1)
        #expect(problems.first?.place.contains("byte \(split)") == true)
        #expect(problems.first?.what == "it does not continue the block before: digests differ")
    }

    @Test("a newer major version is refused, a missing file is missing")
    func refusals() throws {
        _ = try smallLog()
        var bytes = try readAll(path)
        bytes[8] = 2
        try writeAll(bytes, to: path)
        for attempt in [{ _ = try LogReader(path) }, { _ = try LogWriter(opening: path) }, { _ = try LogCheck.run(path) }] as [() throws -> Void] {
            do {
                try attempt()
                Issue.record("opened")
            } catch let failure as Failure { #expect(failure.code == .unsupportedVersion) }
        }
        do {
            _ = try LogReader(folder.file("nothing"))
            Issue.record("opened")
        } catch { #expect(error.code == .logMissing) }
    }
}

extension LogReader {
    /// What the file holds beyond the last commit that counts.
    var bytesAfterLastCommit: UInt64 { map.fileSize > map.end ? map.fileSize - map.end : 0 }
}
