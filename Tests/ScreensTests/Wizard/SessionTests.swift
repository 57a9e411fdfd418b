// The wizard against real files: what the page asks for is done at once by the engine, and the databases are looked at afterwards.

import Database
import Engine
import EngineSupport
import FileSystem
import Glibc
import TerminalKit
import Testing
import Vocabulary

@testable import Screens

@Suite("The restore wizard on real files")
struct SessionTests {
    private let bench: LoggedApplication

    init() throws {
        bench = try LoggedApplication()
        try bench.workedExample()
    }

    @Test("the newest backup with all logs, into a folder, by pressing nothing but n and Enter")
    func straight() throws {
        var session = try bench.session()
        session.press("n", "n", "n", .enter)
        #expect(session.wizard.text.contains("The files are restored."))
        #expect(try bench.names(bench.folder + "/SampleDB[0003]/Data/SampleDB.db") == "ABCDEFGHIJKL")
    }

    @Test("one by one from the first backup: three integrations of three operations each, each told before the next is asked for")
    func oneByOne() throws {
        var session = try bench.session()
        session.press(.down, .down, "n", "n", .up, "n", .enter)
        let copy = bench.folder + "/SampleDB[0001]/Data/SampleDB.db"
        for names in ["ABC", "ABCDEF", "ABCDEFGHI"] {
            #expect(try bench.names(copy) == names)
            #expect(session.wizard.text.contains(names == "ABC" ? "Integrate a log?" : "3 operations were integrated. Integrate another?"))
            session.press(.enter)
        }
        #expect(try bench.names(copy) == "ABCDEFGHIJKL")
        #expect(session.wizard.text.contains("The data are as after operation 12."))
    }

    @Test("all of them after the first")
    func allOfThem() throws {
        var session = try bench.session()
        session.press(.down, .down, "n", "n", .up, "n", .enter, .enter, "a")
        #expect(try bench.names(bench.folder + "/SampleDB[0001]/Data/SampleDB.db") == "ABCDEFGHIJKL")
    }

    @Test("up to an operation, and what is left out is told before")
    func upTo() throws {
        var session = try bench.session()
        session.press(.down, .down, "n", "n", "o", "6", .ctrl("n"))
        #expect(session.wizard.text.contains("operations 7 to 12 (6)"))
        session.press(.enter)
        #expect(try bench.names(bench.folder + "/SampleDB[0001]/Data/SampleDB.db") == "ABCDEF")
    }

    @Test("a place on the time line: Home is the backup itself")
    func timeLine() throws {
        var session = try bench.session()
        session.press(.down, .down, "n", "n", "m", .home, .shiftRight, "n")
        #expect(session.wizard.page.choices.end == .operation(4))
        session.press(.enter)
        #expect(try bench.names(bench.folder + "/SampleDB[0001]/Data/SampleDB.db") == "ABCD")
    }

    @Test("in place of a live, a damaged and a missing data file", arguments: ["live", "damaged", "missing"])
    func inPlace(_ place: String) throws {
        if place == "damaged" { try Publication.write(Array(repeating: 7, count: 5000), to: bench.application.data) }
        if place == "missing" { try Folder.removeFile(bench.application.data) }
        var session = try bench.session()
        session.press(.down, "n", "i")
        #expect(session.wizard.page.choices.place?.situation?.rawValue == place)
        session.press("n", "o", "8", .ctrl("n"))
        session.type("SampleDB")
        session.press(.enter)
        #expect(session.wizard.text.contains("The data are restored in place."))
        #expect(try bench.names(bench.application.data) == "ABCDEFGH")
    }

    @Test("what waits in the data file is written to the log before the logs are looked at")
    func drains() throws {
        try LoggedApplication.run("INSERT INTO record(name) VALUES('M')", on: bench.application.data)
        var session = try bench.session()
        session.press("n", "n", "n", .enter)
        #expect(try bench.names(bench.folder + "/SampleDB[0003]/Data/SampleDB.db") == "ABCDEFGHIJKLM")
    }

    @Test("a missing log stops the way at the gap and says which operations are missing; the log named by hand closes it")
    func gap() throws {
        let moved = bench.folder + "/moved"
        try Folder.create(moved)
        try Folder.move(bench.application.defaultDestination + "/SampleDB[0002].4BL", to: moved + "/two.4BL")
        var session = try bench.session()
        session.press(.down, .down, "n", "n")
        #expect(session.wizard.text.contains("Missing: operations 7 to 9 (3)."))
        session.press("o", "8")
        #expect(session.wizard.text.contains("Error 1502"))
        session.press(.backTab, .backTab, "a")
        session.press(.tab, .ctrl("u"))
        session.type(moved + "/two.4BL")
        session.press(.enter, "n", .enter)
        #expect(try bench.names(bench.folder + "/SampleDB[0001]/Data/SampleDB.db") == "ABCDEFGH")
    }

    @Test("a Stop leaves nothing, the page says so, and the way back is open")
    func stop() throws {
        var session = try bench.session()
        session.stops = true
        session.press("n", "n", "n", .enter)
        #expect(session.wizard.text.contains("Error 1406") && session.wizard.text.contains("Nothing stands at the destination"))
        #expect(!Folder.exists(bench.folder + "/SampleDB[0003]"))
        session.stops = false
        session.press(.escape, "R")
        #expect(try bench.names(bench.folder + "/SampleDB[0003]/Data/SampleDB.db") == "ABCDEFGHIJKL")
    }

    @Test("only some items, and no data: nothing is integrated")
    func someItems() throws {
        var session = try bench.session()
        session.press("n", " ", "n", "n", .enter)
        #expect(session.wizard.text.contains("The files are restored."))
        #expect(try Folder.contents(of: bench.folder + "/SampleDB[0003]") == ["Settings"])
    }
}

/// A wizard whose effects are done at once.
struct RestoreSession {
    var wizard: Wizard
    /// Whether operations are stopped as soon as they begin.
    var stops = false
    private var done = 0

    init(_ context: PageContext) throws {
        wizard = try Wizard(context: context)
        settle()
    }

    mutating func press(_ keys: Key...) {
        for key in keys {
            wizard.press(key)
            settle()
        }
    }

    mutating func type(_ text: String) { for character in text { press(.character(character)) } }

    /// Does what was asked for since, in order, until nothing is asked for any more.
    private mutating func settle() {
        for _ in 0..<50 where done < wizard.effects.count {
            let effect = wizard.effects[done]
            done += 1
            switch effect {
            case .load(let key, let work):
                let result = RestoreSession.result { try work(Job()) }
                wizard.effects += wizard.page.receive(key, result, wizard.context)
            case .run(let request):
                let job = Job()
                if stops { job.stop() }
                wizard.end(request.id, RestoreSession.result { try request.work(job) })
            default: break
            }
        }
    }

    private static func result(_ work: () throws -> any Sendable) -> Result<any Sendable, Failure> {
        do { return .success(try work()) } catch { return .failure(.from(error)) }
    }
}

extension LoggedApplication {
    /// The wizard as it is when the page has just come to the front.
    func session() throws -> RestoreSession {
        let log = (try? LogStatus.of(application, surroundings)) ?? .unreadable(Failure(.databaseDamaged, "damaged", hint: "Restore it."))
        let overview = Overview(log: log, backups: try BackupSet.all(of: application, surroundings), running: nil)
        return try RestoreSession(
            PageContext(
                application: application, surroundings: surroundings, overview: overview, isReadOnly: false, isBusy: false,
                now: surroundings.now()))
    }
}
