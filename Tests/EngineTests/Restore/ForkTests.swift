// An old copy of the data file is put back with cp, and the application writes on before anybody looks.

import EngineSupport
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("Two histories")
struct ForkTests {
    private let bench: LoggedApplication

    /// The record was A, then B and C, all in the log; the data are those of A again.
    init() throws {
        bench = try LoggedApplication()
        try bench.add("A")
        let old = try File.contents(of: bench.application.data, atMost: 1 << 24)
        for name in ["B", "C"] {
            try write(name)
            try drain()
        }
        try Publication.write(old, to: bench.application.data)
    }

    private func write(_ names: String...) throws {
        for name in names { try LoggedApplication.run("UPDATE record SET name='\(name)'", on: bench.application.data) }
    }

    private func code(_ body: () throws -> Void) -> ErrorCode? {
        do { try body() } catch { return (error as? Failure)?.code }
        return nil
    }

    private func code(_ end: DrainEnd) -> ErrorCode? {
        switch end {
        case .done: nil
        case .busy(let failure), .failed(let failure): failure.code
        }
    }

    private func drain() throws { _ = try LogDrain(application: bench.application, surroundings: bench.surroundings).run(Job()) }

    @Test("I8: changes of the copy's own, as many as the log has, do not go on in it: 1502, and log start begins anew")
    func overtaken() throws {
        let journal = bench.application.defaultJournal
        let bytes = try File.contents(of: journal, atMost: 1 << 20)
        try write("x", "y", "z")
        for round in 1...2 {
            #expect(code { try drain() } == .logGap)
            #expect(try LogStatus.of(bench.application, bench.surroundings).state == .gap)
            try write("w\(round)")
        }
        #expect(try File.contents(of: journal, atMost: 1 << 20) == bytes)
        let status = try LogStart(application: bench.application, surroundings: bench.surroundings, journal: nil, excluding: []).run(Job())
        #expect(status.state == .ok)
        #expect(try bench.names() == "w2")
    }

    @Test("I8: the log is not integrated into a copy that has a change of its own")
    func notIntegrated() throws {
        try write("x")
        let automatic = AutomaticRestore(application: bench.application, surroundings: bench.surroundings)
        #expect(code { _ = try automatic.run(isThorough: true, Job()) } == .logGap)
        #expect(try bench.names() == "x")
        #expect(try LogStatus.of(bench.application, bench.surroundings).reason?.contains("another way") == true)
    }

    @Test("a copy without changes of its own gets what it lacks, and the log goes on")
    func integrated() throws {
        let automatic = AutomaticRestore(application: bench.application, surroundings: bench.surroundings)
        #expect(try automatic.run(isThorough: true, Job()) != nil)
        #expect(try bench.names() == "C")
        try write("D")
        try drain()
        #expect(try LogStatus.of(bench.application, bench.surroundings).state == .ok)
    }

    @Test("the service's hand on the log, which remembers it from drain to drain, notices the copy too")
    func remembered() throws {
        let bench = try LoggedApplication()
        let keeper = LogKeeper(bench.application, bench.surroundings)
        func add(_ name: String) throws -> DrainEnd {
            try LoggedApplication.run("UPDATE record SET name='\(name)'", on: bench.application.data)
            return keeper.drain(isThorough: false, Job())
        }
        try bench.add("A")
        _ = try add("a")
        let old = try File.contents(of: bench.application.data, atMost: 1 << 24)
        for name in ["B", "C"] { #expect(try code(add(name)) == nil) }
        try Publication.write(old, to: bench.application.data)
        for name in ["x", "y"] { try LoggedApplication.run("UPDATE record SET name='\(name)'", on: bench.application.data) }
        #expect(try code(add("z")) == .logGap)
    }
}
