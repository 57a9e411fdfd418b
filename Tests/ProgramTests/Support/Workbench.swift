// A folder of one test's own with a database in it, the built `msc`, and foreign clients that know nothing of it. The folder
// goes with the value.

import Database
import FileSystem
import Foundation
import Glibc
import Testing

final class Workbench {
    let folder: String
    /// The data file.
    let data: String
    private var runs = 0

    /// The program beside the test bundle.
    static let msc: String = {
        let bundle = Folder.resolved("/proc/self/exe") ?? CommandLine.arguments[0]
        return Folder.join(Folder.parent(of: bundle), "msc")
    }()

    /// In memory where there is room: a killed process loses nothing there either, and nothing waits for a disk.
    static let place: String = {
        if let chosen = ProcessInfo.processInfo.environment["TMPDIR"] { return chosen }
        let memory = "/dev/shm"
        return access(memory, W_OK) == 0 && (try? Folder.freeSpace(at: memory)) ?? 0 > 500_000_000 ? memory : "/tmp"
    }()

    /// - Parameters:
    ///   - data: the data file's name.
    ///   - parent: where the folder is made; nil for the place of temporary files.
    init(_ data: String = "SampleDB.db", in parent: String? = nil) throws {
        let place = parent ?? Workbench.place
        var template = Array("\(place)/msc-program-XXXXXX".utf8CString)
        let made = mkdtemp(&template)
        try #require(made != nil, "no temporary folder")
        folder = try #require(Folder.resolved(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)))
        self.data = folder + "/" + data
        mkdir(folder + "/.runs", 0o700)
    }

    deinit { try? Folder.removeTree(folder) }

    // MARK: Paths

    func path(_ name: String) -> String { folder + "/" + name }
    var name: String { Folder.name(of: data).split(separator: ".").first.map(String.init) ?? "" }
    var companion: String { path(name + ".msc") }
    var backups: String { companion + "/Backups" }
    var journal: String { path(name + ".journal") }
    func archive(_ number: Int) -> String { "\(backups)/\(name)[\(padded(number))].4BK" }
    func logBackup(_ number: Int) -> String { "\(backups)/\(name)[\(padded(number))].4BL" }
    private func padded(_ number: Int) -> String { String(repeating: "0", count: 4 - String(number).count) + String(number) }

    func exists(_ path: String) -> Bool { Folder.exists(path) }

    /// Every file and folder below `folder`, the harness's own left out, sorted.
    func listing(_ start: String? = nil) -> [String] {
        let top = start ?? folder
        return (try? FileManager.default.subpathsOfDirectory(atPath: top))?
            .filter { !$0.hasPrefix(".runs") }.sorted() ?? []
    }

    /// Names that only an unfinished piece of work has.
    var leftovers: [String] { listing().filter { $0.contains(".msc-partial-") } }

    func bytes(_ path: String) -> [UInt8] { (try? File.contents(of: path, atMost: 1 << 30)) ?? [] }

    func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    /// Turns one byte of a file over.
    func flip(_ path: String, at offset: Int) throws {
        var content = bytes(path)
        try #require(content.indices.contains(offset < 0 ? content.count + offset : offset))
        content[offset < 0 ? content.count + offset : offset] ^= 0x41
        try write(content, to: path)
    }

    // MARK: msc

    func start(_ arguments: [String]) throws -> RunningProgram {
        runs += 1
        return try RunningProgram(Workbench.msc, arguments, in: folder, name: ".runs/\(runs)")
    }

    /// Runs `msc` to its end.
    @discardableResult
    func msc(_ arguments: String...) throws -> Ended { try start(arguments).wait() }

    /// Runs `msc … --json`, expects success, and returns the document.
    @discardableResult
    func json(_ arguments: String..., status: Int32 = 0, at location: SourceLocation = #_sourceLocation) throws -> JSON {
        let ended = try start(arguments + ["--json"]).wait()
        try #require(ended.status == status, "msc \(arguments.joined(separator: " ")): \(ended.status) \(ended.errors)", sourceLocation: location)
        return try JSON(ended.output)
    }

    /// Runs `msc … --json`, expects a failure with this code, told in both forms.
    @discardableResult
    func fails(_ code: Int, _ arguments: String..., at location: SourceLocation = #_sourceLocation) throws -> Ended {
        let ended = try start(arguments + ["--json"]).wait()
        check(ended, failedWith: code, arguments, at: location)
        return ended
    }

    /// The two forms of a failure: one line for people, one document for programs.
    func check(_ ended: Ended, failedWith code: Int, _ arguments: [String] = [], at location: SourceLocation = #_sourceLocation) {
        let command: Comment = "msc \(arguments.joined(separator: " ")): \(ended.status) \(ended.output) \(ended.errors)"
        #expect(ended.status == 1, command, sourceLocation: location)
        let lines = ended.errors.split(separator: "\n").filter { $0.hasPrefix("msc: error") }
        #expect(lines.count == 1 && lines.first?.hasPrefix("msc: error \(code): ") == true, command, sourceLocation: location)
        #expect(ended.errors.hasSuffix(".\n"), command, sourceLocation: location)
        let document = try? JSON(ended.output)
        #expect(document?["error"]["code"].int == code, command, sourceLocation: location)
        #expect(document?["error"]["message"].string?.isEmpty == false, command, sourceLocation: location)
    }

    // MARK: Foreign clients

    /// Python's own sqlite3: `db` is a connection to the data file in autocommit mode, `path` its path, `argv` the arguments.
    @discardableResult
    func python(_ script: String, _ arguments: [String] = [], on path: String? = nil, at location: SourceLocation = #_sourceLocation) throws -> String {
        let ended = try startPython(script, arguments, on: path).wait()
        try #require(ended.status == 0, "python: \(ended.errors)", sourceLocation: location)
        return ended.output
    }

    func startPython(_ script: String, _ arguments: [String] = [], on path: String? = nil) throws -> RunningProgram {
        runs += 1
        let opening = """
            import sqlite3, sys, os, time, struct, hashlib, random
            path, argv = sys.argv[1], sys.argv[2:]
            db = sqlite3.connect(path, isolation_level=None, timeout=30)

            """
        return try RunningProgram(
            "python3", ["-c", opening + script, path ?? data] + arguments, in: folder, name: ".runs/\(runs)")
    }

    /// The sqlite3 shell.
    @discardableResult
    func sqlite(_ sql: String, on path: String? = nil, at location: SourceLocation = #_sourceLocation) throws -> String {
        runs += 1
        // What a client without patience may meet is measured elsewhere (`Load`, the benchmark).
        let ended = try RunningProgram("sqlite3", ["-cmd", ".timeout 10000", path ?? data, sql], in: folder, name: ".runs/\(runs)").wait()
        try #require(ended.status == 0, "sqlite3: \(ended.errors)", sourceLocation: location)
        return ended.output.hasSuffix("\n") ? String(ended.output.dropLast()) : ended.output
    }

    /// What the database holds, by our own digest.
    func content(_ path: String? = nil) throws -> String {
        let connection = try Connection(path ?? data, .read, busyTimeout: 10_000)
        return try ContentDigest(includesSequences: true).compute(connection)
    }

    func isSound(_ path: String? = nil) throws -> Bool { try sqlite("PRAGMA integrity_check", on: path) == "ok" }
}
