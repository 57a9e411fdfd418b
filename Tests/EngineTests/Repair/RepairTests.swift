// Damaged archives and logs: restored all the same, told by the check, made whole by a repair.

import Database
import FileSystem
import Foundation
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("Repair of archives and logs")
struct RepairTests {
    @Test("a backup with redundancy has parity files, which the history knows and retention deletes with the set")
    func history() throws {
        let site = try Site.withParity(noise: 0, "<Redundancy>Low</Redundancy><SetNumber><Value>1</Value></SetNumber>")
        let names = try Folder.contents(of: site.application.defaultDestination).filter { $0.hasSuffix(".parity") }
        #expect(names == ["SampleDB[0001].4BL.parity", "SampleDB[0002].4BK.parity"])
        let outcome = try site.backup()
        #expect(outcome.parity == [site.archive(3) + ".parity", site.logBackup(2) + ".parity"])
        #expect(try Folder.contents(of: site.application.defaultDestination).filter { $0.hasSuffix(".parity") }
            == ["SampleDB[0002].4BL.parity", "SampleDB[0003].4BK.parity"])
        // A lost history finds the archive's parity file again.
        try Folder.removeFile(site.application.defaultDestination + "/backupHistory.json")
        let record = try #require(try ApplicationRecord.read(site.application))
        let found = try HistoryFile(of: record, site.application, folder: site.application.defaultDestination).read().history
        #expect(found.sets.first?.parity == [site.archive(3) + ".parity"])
    }

    @Test("an archive damaged in any block is restored with a warning, told as repairable, and left as it is")
    func everyBlock() throws {
        let site = try Site.withParity()
        let archive = site.archive(1)
        let whole = try Site.bytes(archive)
        for place in stride(from: 0, to: whole.count, by: 512) {
            try Site.damage(archive, place..<min(place + 64, whole.count))
            let damaged = try Site.bytes(archive)
            let check = try site.verify(archive)
            #expect(check.result == .damaged && check.repairable == true, "at \(place)")
            let restored = try site.restoredNames(1)
            #expect(restored.names == "abcd")
            #expect(restored.warnings.contains { $0.contains("msc repair") }, "at \(place): \(restored.warnings)")
            #expect(try Site.bytes(archive) == damaged)
            #expect(try RestorePreview(archive).lastOperation == 4)
            try Site.damage(archive, place..<min(place + 64, whole.count))
        }
        #expect(try site.restoredNames(1).warnings == [])
    }

    @Test("a repair puts the whole archive in place and keeps the damaged one", arguments: ["damaged", "cut", "longer", "missing"])
    func repaired(how: String) throws {
        let site = try Site.withParity(noise: 300_000)
        let archive = site.archive(1)
        let whole = try Site.bytes(archive)
        switch how {
        case "damaged": try Site.damage(archive, whole.count / 2..<whole.count / 2 + 5000)
        case "cut": try Site.cut(archive, to: whole.count - 6000)
        case "longer":
            try Site.cut(archive, to: whole.count + 1)
        default: try Site.cut(archive, to: 0)
        }
        let damaged = try Site.bytes(archive)
        if how == "missing" {
            let failure = try #require(throws: Failure.self) { try site.repair(archive) }
            #expect(failure.code == .archiveDamaged && failure.message.contains("bytes 0 to \(whole.count - 1)"))
            return
        }
        let outcome = try site.repair(archive)
        #expect(outcome.result == .repaired && outcome.replaced == [archive])
        #expect(outcome.setAside == [archive + ".damaged-0001"])
        #expect(try Site.bytes(archive) == whole)
        #expect(try Site.bytes(archive + ".damaged-0001") == damaged)
        #expect(try site.verify(archive).result == .ok)
        #expect(try site.repair(archive).result == .sound)
        #expect(try site.leftovers() == [])
        #expect(try String(decoding: Site.bytes(site.application.logsFolder + "/Backup Journal[001].txt"), as: UTF8.self).contains("\trepair\t1\tcomplete\t"))
    }

    @Test("damage in random places: just within the redundancy it is repaired, just beyond it is refused with its bytes")
    func limits() throws {
        let site = try Site.withParity(noise: 140_000, "<Redundancy>High</Redundancy><CompressionRate>None</CompressionRate>")
        let archive = site.archive(1)
        let whole = try Site.bytes(archive)
        let blocks = (whole.count + 1023) / 1024
        // One group of at most 200 blocks; a tenth of them.
        #expect(blocks < 200)
        let parity = (blocks + 9) / 10
        let order = Array(0..<blocks).shuffled()
        for block in order.prefix(parity) { try Site.damage(archive, block * 1024..<min(block * 1024 + 3, whole.count)) }
        #expect(try site.verify(archive).repairable == true)
        #expect(try site.restoredNames(1).names == "abcd")
        let last = order[parity]
        try Site.damage(archive, last * 1024..<last * 1024 + 1)
        #expect(try site.verify(archive).repairable == false)
        let failure = try #require(throws: Failure.self) { try site.repair(archive) }
        #expect(failure.code == .archiveDamaged && failure.message.contains("beyond what its parity file can repair: bytes "))
        #expect(throws: Failure.self) { try site.restoredNames(1) }
        try Site.damage(archive, last * 1024..<last * 1024 + 1)
        #expect(try site.repair(archive).repairedBytes >= UInt64((parity - 1) * 1024))
        #expect(try Site.bytes(archive) == whole)
    }

    @Test("a damaged parity file is told and made anew; without one, or with one of no use, a sound archive stays sound")
    func parity() throws {
        let site = try Site.withParity(noise: 50_000)
        let archive = site.archive(1)
        let parity = archive + ".parity"
        let whole = try Site.bytes(parity)
        try Site.damage(parity, 5000..<5003)
        #expect(try site.verify(archive).repairable == true)
        #expect(try site.restoredNames(1).warnings == [])
        let outcome = try site.repair(parity)
        #expect(outcome.parityRemade && outcome.replaced == [] && outcome.result == .repaired)
        #expect(try Site.bytes(parity) == whole)
        try Site.cut(parity, to: 100)
        #expect(try site.verify(archive).result == .damaged)
        #expect(try site.restoredNames(1).names == "abcd")
        try Folder.removeFile(parity)
        #expect(try site.verify(archive).result == .ok)
        #expect(try site.repair(archive).result == .sound)
        try Site.damage(archive, 500..<600)
        let failure = try #require(throws: Failure.self) { try site.repair(archive) }
        #expect(failure.code == .archiveDamaged && failure.message.contains("has no parity file"))
    }

    @Test("segments: a small one that is missing is made again, and the damaged ones are replaced")
    func segments() throws {
        let site = try Site.withParity(
            noise: 2_050_000, "<Redundancy>High</Redundancy><Interlacing>High</Interlacing><FileSegmentation><DefaultSize>1</DefaultSize></FileSegmentation>")
        let paths = (1...3).map { site.archive(1).replacingOccurrences(of: "].4BK", with: "-000\($0)].4BK") }
        let whole = try paths.map { try Site.bytes($0) }
        try Folder.removeFile(paths[2])
        try Site.damage(paths[0], 700_000..<702_000)
        #expect(try site.verify(paths[0]).repairable == true)
        #expect(try site.restore(1, .folder(site.folder + "/r")).warnings.count == 1)
        let outcome = try site.repair(paths[0])
        #expect(outcome.replaced == [paths[0], paths[2]] && outcome.setAside == [paths[0] + ".damaged-0001"])
        #expect(try paths.map { try Site.bytes($0) } == whole)
        #expect(try site.verify(paths[1]).result == .ok)
        for path in paths[1...] { try Folder.removeFile(path) }
        let gone = try site.verify(paths[0])
        #expect(gone.result == .damaged && gone.repairable == false && !gone.problems.isEmpty, "\(gone)")
    }

    @Test("a log damaged beyond its parity file is salvaged")
    func beyond() throws {
        let site = try Site.withParity()
        let log = site.logBackup(1)
        let size = try Site.bytes(log).count
        try Site.damage(log, size / 3..<size)
        let outcome = try site.repair(log)
        #expect(outcome.result == .salvaged && outcome.salvaged.map { Folder.exists($0) } == true, "\(outcome)")
    }

    @Test("a log backup damaged in any block is integrated with a warning, and repaired")
    func logs() throws {
        let site = try Site.withParity()
        let log = site.logBackup(1)
        let whole = try Site.bytes(log)
        for place in stride(from: 0, to: whole.count, by: 256) {
            try Site.damage(log, place..<min(place + 16, whole.count))
            #expect(try site.verify(log).repairable == true, "at \(place)")
            let restored = try site.restoredNames(1)
            #expect(restored.names == "abcd")
            #expect(restored.warnings.contains { $0.contains(log) && $0.contains("msc repair") } || place > 0, "\(restored.warnings)")
            let outcome = try site.repair(log)
            #expect(outcome.result == .repaired && outcome.replaced == [log])
            #expect(try Site.bytes(log) == whole)
        }
        try Site.cut(log, to: whole.count - 100)
        #expect(try site.restoredNames(1).names == "abcd")
    }

    @Test("a log backup damaged beyond its parity file is refused with its place, and with what helps")
    func beyondParity() throws {
        let site = try Site()
        try site.set("<Redundancy>High</Redundancy>")
        try site.client().execute("CREATE TABLE noise(x)")
        _ = try site.backup()
        try site.client().execute("INSERT INTO noise VALUES(randomblob(300000))")
        _ = try site.backup()
        let log = site.logBackup(1)
        try Site.damage(log, 50_000..<250_000)
        let copy = try Restore(
            archive: site.archive(1), surroundings: site.surroundings, target: .folder(site.folder + "/r"), items: [], logs: .none, until: nil,
            insideTransaction: false
        ).run(Job()).data
        let failure = #expect(throws: Failure.self) { try site.integrate(try #require(copy), [log]) }
        #expect(failure?.code == .logDamaged)
        #expect(failure?.cause?.hasPrefix("the block at byte ") == true, "\(String(describing: failure))")
    }

    @Test("a log without parity: what can still be read is saved as another log, and what is lost is named")
    func salvage() throws {
        let site = try Site()
        _ = try site.backup()
        for round in 0..<3 {
            for number in 0..<40 { try site.add("\(round)-\(number)") }
            _ = try site.drain()
        }
        let journal = site.application.defaultJournal
        #expect(try site.repair(journal).result == .sound)
        let whole = try Site.bytes(journal)
        try Site.damage(journal, whole.count / 2..<whole.count / 2 + 40)
        let damaged = try Site.bytes(journal)
        let outcome = try site.repair(journal)
        let copy = site.folder + "/SampleDB-salvaged.journal"
        #expect(outcome.result == .salvaged && outcome.salvaged == copy && !outcome.lost.isEmpty)
        #expect(try Site.bytes(journal) == damaged)
        let reader = try LogReader(copy)
        #expect(reader.isSealed && reader.lastOperation == 120)
        #expect(try #require(outcome.operations) > 0 && outcome.operations! < 120)
        let failure = try #require(throws: Failure.self) { try site.repair(journal) }
        #expect(failure.code == .destinationExists)
        // The sound log comes back from somewhere: the salvaged one does not get in its way.
        try Publication.write(whole, to: journal)
        let restored = try site.restore(1, .folder(site.folder + "/r"))
        #expect(restored.lastOperation == 120 && restored.integrated.map(\.log) == [journal])
    }

    @Test("a database is refused with the way that helps")
    func data() throws {
        let site = try Site()
        let failure = try #require(throws: Failure.self) { try site.repair(site.application.data) }
        #expect(failure.code == .badValue && failure.hint.contains("msc restore"))
    }

    @Test("I3: whatever call fails, the archive is the damaged one or the whole one, and the next repair works")
    func faults() throws {
        let site = try Site.withParity(noise: 30_000)
        let archive = site.archive(1)
        let whole = try Site.bytes(archive)
        let met = try withEveryFault(below: site.folder) { fault, end in
            for name in try Folder.contents(of: site.application.defaultDestination) where name.contains(".damaged-") {
                try Folder.removeFile(Folder.join(site.application.defaultDestination, name))
            }
            try Site.damage(archive, 9000..<9010)
            let damaged = try Site.bytes(archive)
            fault()
            let outcome = Result { try site.repair(archive) }
            _ = end()
            let now = try Site.bytes(archive)
            #expect(now == whole || now == damaged, "\(outcome)")
            if case .success(let made) = outcome { #expect(now == whole && made.result == .repaired) }
            #expect(try site.leftovers() == [], "\(outcome)")
            #expect(try site.restoredNames(1).names == "abcd")
            if now == damaged { #expect(try site.repair(archive).result == .repaired) }
            #expect(try Site.bytes(archive) == whole)
        }
        #expect(met > 5)
    }

    @Test("Stop at every moment: 1406 and everything as before, or the repair is done")
    func stop() throws {
        let site = try Site.withParity(noise: 30_000)
        let archive = site.archive(1)
        let whole = try Site.bytes(archive)
        var stopped = 0
        try withEveryCall(below: site.folder) { arm, end in
            try Site.damage(archive, 9000..<9010)
            let damaged = try Site.bytes(archive)
            let before = try Folder.contents(of: site.application.defaultDestination)
            let job = Job()
            arm {
                job.stop()
                return nil
            }
            let outcome = Result { try site.repair(archive, job) }
            _ = end()
            if case .failure(let error) = outcome {
                stopped += 1
                #expect((error as? Failure)?.code == .stopped, "\(error)")
                #expect(try Site.bytes(archive) == damaged)
                #expect(try Folder.contents(of: site.application.defaultDestination) == before)
                _ = try site.repair(archive)
            }
            #expect(try Site.bytes(archive) == whole)
        }
        #expect(stopped > 3)
    }

    @Test("the parity file of another archive is told, and a sound archive stays sound beside it")
    func foreignParity() throws {
        let site = try Site.withParity()
        try Publication.write(try Site.bytes(site.archive(1) + ".parity"), to: site.archive(2) + ".parity")
        let outcome = try site.verify(site.archive(2))
        #expect(outcome.problems.map(\.where) == [site.archive(2) + ".parity"])
        #expect(outcome.problems.map(\.what) == ["this parity file does not belong to '\(site.archive(2))': delete it"])
        #expect(try site.restoredNames(2).names == "abcd")
    }

    @Test("a log that was cut within its beginning is a problem with its place, not a failure of the check", arguments: [
        (600, "end of the log"), (100, "file header"), (20, "file header"), (0, "file header"),
    ])
    func logCutAtTheBeginning(size: Int, place: String) throws {
        let site = try Site()
        try site.add("a")
        _ = try site.drain()
        let path = site.application.defaultJournal
        try Site.cut(path, to: size)
        let outcome = try site.verify(path)
        #expect(outcome.result == .damaged && outcome.problems.map(\.where) == [place], "\(outcome)")
    }
}
