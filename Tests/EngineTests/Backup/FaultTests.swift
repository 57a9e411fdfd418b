// Every call on a file fails once: the operation ends in the old state or in the new one, and the next one works.

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Whatever fails, nothing is lost and nothing is half-made")
struct EngineFaultTests {
    @Test(
        "I2, I3, I4, I5, I7: a backup leaves log and chain as they were, or a whole set; the oldest set goes only after that",
        arguments: ["", "<Redundancy>Low</Redundancy>"])
    func backup(redundancy: String) throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder)
            try site.set("<SetNumber><Value>1</Value></SetNumber>\(redundancy)")
            try site.add("a", "b")
            _ = try site.backup()
            try site.add("c")
            let before = try site.status()
            fault()
            let outcome = Result { try site.backup() }
            let isMet = end()
            switch outcome {
            case .success(let made):
                #expect(made.number == 2 && Folder.exists(made.archive))
                #expect(Folder.exists(site.logBackup(1)))
            case .failure(let error):
                #expect(isMet, "\(error)")
                expectRightCode(error)
                #expect(!Folder.exists(site.archive(2)) && !Folder.exists(site.logBackup(1)), "\(error)")
                #expect(!Folder.exists(site.archive(2) + ".parity") && !Folder.exists(site.logBackup(1) + ".parity"), "\(error)")
                #expect(Folder.exists(site.archive(1)), "I4: \(error)")
                let after = try site.status()
                #expect(after.firstOperation == before.firstOperation && after.chain == before.chain, "I2: \(error)")
                #expect(try site.leftovers() == [], "\(error)")
            }
            #expect(try site.names() == "abc")
            try site.add("d")
            try site.expectWhole("\(outcome)")
            let next = try site.backup()
            #expect(next.number >= 2, "I7")
            #expect(try site.names() == "abcd")
        }
        #expect(met > 30)
    }

    @Test("I1: a drain has written each change, or it still waits in the database")
    func drain() throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder)
            try site.add("a")
            _ = try site.backup()
            try site.add("b", "c")
            fault()
            let outcome = Result { try site.drain() }
            _ = end()
            if case .failure(let error) = outcome { expectRightCode(error) }
            try site.add("d")
            try site.expectWhole("\(outcome)")
            #expect(try site.status().lastOperation == 4)
        }
        #expect(met > 3)
    }

    @Test("I2, I3, I7: a cut leaves the log as it was, or a closed segment and its successor")
    func cut() throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder)
            try site.add("a")
            _ = try site.backup()
            try site.add("b", "c")
            fault()
            let outcome = Result { try site.cut() }
            _ = end()
            if case .failure(let error) = outcome { expectRightCode(error) }
            try site.add("d")
            try site.expectWhole("\(outcome)")
            let status = try site.status()
            #expect(status.lastOperation == 4 && status.state == .ok)
            _ = try site.cut()
            try site.expectWhole("a second cut after \(outcome)")
        }
        #expect(met > 5)
    }

    @Test(
        "the log is on, or off with nothing of ours left in the database, or the same command finishes the work",
        arguments: [false, true])
    func start(holdsRows: Bool) throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder, startsLog: false)
            if holdsRows { try site.add("a") }
            fault()
            let outcome = Result { try site.start() }
            _ = end()
            if case .failure(let error) = outcome {
                expectRightCode(error)
                // It can be on when only telling so failed.
                if try site.status().state != .ok {
                    #expect(try site.status().state == .off, "\(error)")
                    #expect(try site.client().string("SELECT group_concat(name) FROM sqlite_schema") == "item", "\(error)")
                    #expect(try site.start().state == .ok, "after \(error)")
                }
                #expect(try site.leftovers() == [], "\(error)")
            }
            try site.add("b")
            #expect(try site.drain().drained == 1)
            if !holdsRows { _ = try site.backup() }
            try site.expectWhole("\(outcome)")
        }
        #expect(met > 10)
    }

    @Test(
        "I3: a restore has its destination whole, or not at all")
    func restore() throws {
        let place = try FaultPlace()
        let site = try Site(in: place.folder)
        try site.add("a", "b")
        _ = try site.backup()
        try site.add("c")
        _ = try site.drain()
        let content = try site.content()
        let met = try withEveryFault(below: place.folder) { fault, end in
            fault()
            let outcome = Result { try site.restore(1, .folder(site.folder + "/r")) }
            _ = end()
            switch outcome {
            case .success(let made): #expect(try site.content(made.data) == content)
            case .failure(let error):
                expectRightCode(error)
                #expect(!Folder.exists(site.folder + "/r"), "\(error)")
            }
            try Folder.removeTree(site.folder + "/r")
            #expect(try site.content() == content)
        }
        #expect(met > 10)
        _ = try site.restore(1, .folder(site.folder + "/r"))
        #expect(try site.leftovers() == [])
    }

    @Test(
        "I6: a restore in place has changed all or nothing; a missing file comes back whole",
        arguments: [false, true])
    func inPlace(isMissing: Bool) throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder)
            try site.add("a", "b")
            _ = try site.backup()
            try site.add("c")
            _ = try site.drain()
            if isMissing {
                site.leave()
                for suffix in ["", "-wal", "-shm"] { unlink(site.application.data + suffix) }
            }
            fault()
            let outcome = Result { try site.restore(1, .inPlace, until: isMissing ? nil : .operation(2)) }
            _ = end()
            switch outcome {
            case .success: #expect(try site.names() == (isMissing ? "abc" : "ab"))
            case .failure(let error):
                expectRightCode(error)
                if isMissing, !Folder.exists(site.application.data) {
                    _ = try site.restore(1, .inPlace)
                    #expect(try site.names() == "abc", "\(error)")
                } else {
                    #expect(["abc", "ab"].contains(try site.names()), "\(error)")
                }
            }
            try site.add("d")
            try site.expectWhole("\(outcome)")
        }
        #expect(met > 10)
    }

    @Test("I6: a rollback has changed all or nothing", arguments: [Rollback.Method.undo, .restore])
    func rollback(method: Rollback.Method) throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let site = try Site(in: place.folder)
            try site.add("a", "b")
            _ = try site.backup()
            try site.add("c")
            _ = try site.drain()
            fault()
            let outcome = Result { try site.rollback(2, method) }
            _ = end()
            if case .failure(let error) = outcome { expectRightCode(error) }
            #expect(["abc", "ab"].contains(try site.names()), "\(outcome)")
            try site.add("d")
            try site.expectWhole("\(outcome)")
        }
        #expect(met > 3)
    }
}
