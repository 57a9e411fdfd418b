// Every call on a file fails once in the operations that end, integrate and mend: the log stopped, logs integrated into a copy, a log
// salvaged, a parity file made anew, a damaged data file replaced.

import Database
import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("Whatever fails, a log that ends and a copy that is mended are as before or as they should be")
struct EndFaultTests {
    @Test("I1: the log is on as before, or off with nothing of ours in the database and every change in the sealed log file")
    func stop() throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder)
            try site.add("a")
            _ = try site.backup()
            try site.add("b", "c")
            let journal = site.application.defaultJournal
            fault()
            let outcome = Result { try site.stop() }
            _ = end()
            if case .failure(let error) = outcome { expectRightCode(error) }
            let isOff = try site.client().string("SELECT group_concat(name) FROM sqlite_schema") == "item"
            if case .success(let status) = outcome { #expect(isOff && status.lastOperation == 3) }
            let comment: Comment = "\(outcome)"
            if isOff {
                #expect(try site.status().state == .off, comment)
                let reader = try LogReader(journal)
                #expect(reader.lastOperation == 3, comment)
                #expect(try LogCheck.run(journal).isSound, comment)
                // The log that ended still leads to the present.
                let copy = try site.restore(1, .folder(site.folder + "/r"))
                #expect(try site.names(copy.data) == "abc", comment)
                #expect(try site.start().state == .ok, comment)
            } else {
                #expect(try site.status().state == .ok, comment)
            }
            #expect(try site.leftovers() == [], comment)
            try site.add("d")
            try site.expectWhole(comment, isNewChain: isOff)
            #expect(try site.names() == "abcd", comment)
        }
        #expect(met > 5)
    }

    @Test("a log that is lost is begun anew: it is on, off or as it was, and the same command finishes the work")
    func startAgain() throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder)
            try site.add("a")
            _ = try site.drain()
            try Folder.removeFile(site.application.defaultJournal)
            fault()
            let outcome = Result { try site.start() }
            _ = end()
            if case .failure(let error) = outcome { expectRightCode(error) }
            let state = try site.status().state
            #expect([.ok, .off, .unavailable].contains(state), "\(state) \(outcome)")
            if state != .ok { #expect(try site.start().state == .ok, "\(outcome)") }
            try site.add("b")
            try site.expectWhole("\(outcome)", isNewChain: true)
        }
        #expect(met > 10)
    }

    @Test("I8: a copy holds each log whole or nothing of it, and the same command goes on", arguments: [false, true])
    func integration(hasCompanion: Bool) throws {
        let place = try FaultPlace()
        let site = try Site(in: place.folder)
        try site.add("a")
        _ = try site.backup()
        // More than is read at once, so that reading fails after some of it was applied.
        for name in ["b", "c"] {
            try site.add(name)
            try site.client().execute("INSERT INTO item(name) SELECT ''; UPDATE item SET name=randomblob(700000) WHERE id=last_insert_rowid()")
            _ = try site.drain()
        }
        try site.client().execute("DELETE FROM item WHERE typeof(name)='blob'")
        _ = try site.backup()
        try site.add("d")
        _ = try site.drain()
        let content = try site.content()
        let logs = [site.logBackup(1), site.application.defaultJournal]
        let copy = site.folder + "/copy/Data/SampleDB.db"
        let met = try withEveryFault(below: place.folder) { fault, end in
            try Folder.removeTree(site.folder + "/copy")
            _ = try Restore(
                archive: site.archive(1), surroundings: site.surroundings, target: .folder(site.folder + "/copy"), items: [], logs: .none,
                until: nil, insideTransaction: false
            ).run(Job())
            if hasCompanion { try Application(data: copy).createFolders() }
            fault()
            let outcome = Result { try site.integrate(copy, logs) }
            let isMet = end()
            let found = try site.names(copy)
            switch outcome {
            case .success(let made): #expect(found == "abcd" && made.lastOperation == 10)
            case .failure(let error):
                #expect(isMet, "\(error)")
                expectRightCode(error)
                #expect(["a", "abc", "abcd"].contains(found), "\(error)")
            }
            #expect(try site.isSound(copy), "\(outcome)")
            #expect(try site.integrate(copy, logs).lastOperation == 10, "\(outcome)")
            #expect(try site.content(copy) == content, "\(outcome)")
        }
        #expect(met > 5)
        #expect(try site.content() == content)
    }

    @Test("I3: a salvaged log is whole or not there, and the damaged one stays as it is")
    func salvage() throws {
        let place = try FaultPlace()
        let site = try Site(in: place.folder)
        _ = try site.backup()
        for round in 0..<3 {
            for number in 0..<10 { try site.add("\(round)-\(number)") }
            _ = try site.drain()
        }
        let journal = site.application.defaultJournal
        let size = try Site.bytes(journal).count
        try Site.damage(journal, size / 2..<size / 2 + 40)
        let damaged = try Site.bytes(journal)
        let copy = site.folder + "/SampleDB-salvaged.journal"
        let met = try withEveryFault(below: place.folder) { fault, end in
            try Folder.removeFile(copy)
            fault()
            let outcome = Result { try site.repair(journal) }
            _ = end()
            switch outcome {
            case .success(let made): #expect(made.result == .salvaged && Folder.exists(copy))
            case .failure(let error): expectRightCode(error)
            }
            if Folder.exists(copy) {
                // What is missing is missing, but what is there is whole.
                let problems = try LogCheck.run(copy).problems
                #expect(problems.allSatisfy { $0.what.contains("missing") }, "\(problems) \(outcome)")
                try Folder.removeFile(copy)
            }
            #expect(try Site.bytes(journal) == damaged, "\(outcome)")
            #expect(try site.leftovers() == [], "\(outcome)")
            #expect(try site.repair(journal).result == .salvaged, "\(outcome)")
        }
        #expect(met > 5)
    }

    @Test("I3: a damaged parity file is the old one or a whole new one, and the archive is not touched")
    func parity() throws {
        let place = try FaultPlace()
        let site = try Site.withParity(in: place.folder, noise: 30_000)
        let archive = site.archive(1)
        let parity = archive + ".parity"
        let (whole, wholeParity) = (try Site.bytes(archive), try Site.bytes(parity))
        let met = try withEveryFault(below: place.folder) { fault, end in
            try Site.damage(parity, 5000..<5003)
            let damaged = try Site.bytes(parity)
            fault()
            let outcome = Result { try site.repair(archive) }
            _ = end()
            if case .failure(let error) = outcome { expectRightCode(error) }
            let now = try Site.bytes(parity)
            #expect(now == damaged || now == wholeParity, "\(outcome)")
            #expect(try Site.bytes(archive) == whole, "\(outcome)")
            #expect(try site.leftovers() == [], "\(outcome)")
            if now == damaged { #expect(try site.repair(archive).parityRemade, "\(outcome)") }
            #expect(try Site.bytes(parity) == wholeParity, "\(outcome)")
        }
        #expect(met > 5)
    }

    @Test("I6: a damaged data file stands at its place, or the restored one, and nothing that stood there is lost")
    func damagedInPlace() throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder)
            let data = site.application.data
            try site.add("a", "b")
            _ = try site.backup()
            try site.add("c")
            _ = try site.drain()
            site.leave()
            for suffix in ["-wal", "-shm"] { unlink(data + suffix) }
            try Site.damage(data, 0..<3000)
            try Publication.write(Array("not a log of SQLite's".utf8), to: data + "-wal")
            let damaged = try Site.bytes(data)
            fault()
            let outcome = Result { try site.restore(1, .inPlace) }
            let isMet = end()
            let comment: Comment = "\(outcome)"
            switch outcome {
            case .success: #expect(try site.names() == "abc", comment)
            case .failure(let error):
                expectRightCode(error)
                if try Site.bytes(data) == damaged { _ = try site.restore(1, .inPlace) }
                #expect(try site.names() == "abc", comment)
            }
            let kept = try Folder.contents(of: site.folder).filter { $0.hasPrefix("SampleDB.db.damaged-") }
            #expect(try kept.contains { try Site.bytes(site.folder + "/" + $0) == damaged }, comment)
            // After a restore that is done, what cannot be removed at once waits for the next one.
            if !isMet || (try? outcome.get()) == nil { #expect(try site.leftovers() == [], comment) }
            try site.add("d")
            try site.expectWhole(comment)
        }
        #expect(met > 10)
    }
}
