// Stop, pressed at every moment at which the operation touches a file: error 1406 and the state of before, or it was too late.

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Stop at every moment")
struct EngineStopTests {
    enum Operation: String, CaseIterable, Sendable { case start, drain, cut, backup, parity, restore, integrate, undo, restoring, inPlace }

    @Test(
        "ends with 1406 and changes nothing, or the operation is done",
        arguments: Operation.allCases)
    func stop(operation: Operation) throws {
        var template = Array("\(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")/msc-stops-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let place = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? Folder.removeTree(place) }
        var stopped = 0
        let met = try withEveryCall(below: place) { arm, end in
            let site = try Site(in: place, startsLog: operation != .start)
            if operation == .parity { try site.set("<Redundancy>High</Redundancy>") }
            try site.add("a", "b")
            if operation != .start {
                _ = try site.backup()
                try site.add("c")
                if operation != .drain { _ = try site.drain() }
            }
            let copy = site.folder + "/copy/Data/SampleDB.db"
            if operation == .integrate {
                _ = try Restore(
                    archive: site.archive(1), surroundings: site.surroundings, target: .folder(site.folder + "/copy"), items: [],
                    logs: .none, until: nil, insideTransaction: false
                ).run(Job())
            }
            let before = try site.names()
            let status = try site.status()
            let job = Job()
            arm {
                job.stop()
                return nil
            }
            let outcome = Result {
                switch operation {
                case .start: _ = try site.start(job)
                case .drain: _ = try site.drain(job)
                case .cut: _ = try site.cut(job)
                case .backup, .parity: _ = try site.backup(job)
                case .restore: _ = try site.restore(1, .folder(site.folder + "/r"), job)
                case .integrate: _ = try site.integrate(copy, [site.application.defaultJournal], job)
                case .undo: _ = try site.rollback(2, .undo, job)
                case .restoring: _ = try site.rollback(2, .restore, job)
                case .inPlace: _ = try site.restore(1, .inPlace, until: .operation(2), job)
                }
            }
            _ = end()
            if case .failure(let error) = outcome {
                stopped += 1
                #expect((error as? Failure)?.code == .stopped, "\(error)")
                #expect(try site.names() == before)
                #expect(try site.leftovers() == [])
                #expect(!Folder.exists(site.archive(2) + ".parity") && !Folder.exists(site.logBackup(1) + ".parity"))
                #expect(!Folder.exists(site.archive(2)) && !Folder.exists(site.folder + "/r"))
                if operation == .integrate { #expect(try site.names(copy) == "ab") }
                let after = try site.status()
                #expect(after.state == status.state && after.chain == status.chain && after.firstOperation == status.firstOperation)
                #expect(after.lastOperation >= status.lastOperation)
                if operation == .start {
                    #expect(try site.client().string("SELECT group_concat(name) FROM sqlite_schema") == "item")
                    _ = try site.start()
                }
            }
            try site.add("z")
            try site.expectWhole("\(operation) \(outcome)")
        }
        #expect(met > 0 && met < 600)
        // What is done in one step has no moment to stop at.
        if ![Operation.cut, .drain].contains(operation) { #expect(stopped > 0) }
    }
}
