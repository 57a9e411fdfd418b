// Equal means equal: for every shape of table, what restore, integration and rollback give is what the live database held.

import Database
import EngineSupport
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Every shape of table")
struct ShapeTests {
    @Test("backup and logs restore the live content; every consistent point comes back by undo and by restore, and forward again", arguments: Shape.all)
    func everyWay(shape: Shape) throws {
        let bench = try Workbench()
        try bench.python("db.executescript(argv[0]); db.executescript(argv[1])", [shape.settings, shape.schema])
        try bench.json("log", "start", bench.data)

        // What a foreign client does, and what the data held at each consistent point.
        var points: [(operation: UInt64, content: String)] = []
        for round in 1...5 {
            try bench.python("n = \(round); r = random.Random(\(round * 77))\n" + shape.steps)
            let last = try bench.json("log", "drain", bench.data)["lastOperation"].int
            points.append((UInt64(try #require(last)), try bench.content()))
            if round == 2 || round == 4 { try bench.json("backup", bench.data) }
        }
        let live = try #require(points.last)
        #expect(try bench.isSound())

        for (number, folder) in [(1, "r1"), (2, "r2")] {
            let outcome = try bench.json("restore", bench.archive(number), "--to", bench.path(folder), "--integrate", "auto")
            let copy = outcome["data"].string
            #expect(try bench.content(copy) == live.content)
            #expect(try bench.isSound(copy))
        }
        for (index, point) in points.enumerated().dropFirst(2).prefix(2) {
            let outcome = try bench.json("restore", bench.archive(1), "--to", bench.path("p\(index)"), "--until-operation", "\(point.operation)")
            #expect(try bench.content(outcome["data"].string) == point.content)
        }

        // Back, by both ways in turn, and forward to the end again: a rollback is undone like anything else.
        let application = try Application(data: bench.data)
        for (index, point) in points.enumerated().reversed() where index != 2 {
            // An archive must be at least that old: the first one holds the second point.
            let methods: [Rollback.Method] = index >= 1 ? [.undo, .restore] : [.undo]
            for method in methods where method == .restore || !shape.comesBackByArchives {
                let end = UInt64(try #require(try bench.json("log", "status", bench.data)["lastOperation"].int))
                var rollback = Rollback(
                    application: application, surroundings: .test, to: .operation(point.operation), insideTransaction: false, dryRun: false,
                    takesCountersBack: true)
                rollback.method = method
                let outcome = try rollback.run(Job())
                #expect(outcome.method == method.rawValue)
                #expect(try bench.content() == point.content, "point \(index), \(method)")
                #expect(try bench.isSound())
                _ = try Rollback(
                    application: application, surroundings: .test, to: .operation(end), insideTransaction: false, dryRun: false, takesCountersBack: true
                ).run(Job())
                #expect(try bench.content() == live.content, "forward from point \(index), \(method)")
            }
        }
        // The log with all those rollbacks in it leads there too.
        let outcome = try bench.json("restore", bench.archive(1), "--to", bench.path("end"), "--integrate", "auto")
        #expect(try bench.content(outcome["data"].string) == live.content)
        #expect(try bench.json("log", "check", bench.journal)["result"].string == "ok")
        #expect(try bench.json("verify", bench.data)["result"].string == "ok")
    }
}
