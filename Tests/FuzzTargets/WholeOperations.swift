// What the program does with a log or an archive that somebody hands it, from one end to the other: whatever is in it, an operation
// ends in a while, with an outcome or a failure that helps, and writes nowhere but where it was told to.

import Archive
import Engine
import FileSystem
import Glibc
import LogFile
import Vocabulary

struct WholeOperations {
    /// A folder of the caller's.
    let folder: String

    private var elsewhere: String { folder + "/elsewhere" }

    /// The longest that one input may take in seconds, and the most memory in KiB: far from what any of them needs.
    private static let seconds = 60
    private static let memory = 3 << 20

    /// The most memory that this process ever had, in KiB.
    private static func peak() -> Int? {
        // A file of the system's that has no size.
        guard let file = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, 256, file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if text.hasPrefix("VmHWM:") { return Int(text.filter(\.isNumber)) }
        }
        return nil
    }

    init(_ folder: String) {
        self.folder = folder
        mkdir(elsewhere, 0o700)
    }

    // MARK: Logs

    func log(_ path: String) throws {
        try judged {
            _ = try LogCheck.run(path)
            try attempt { _ = try Verification.ofLog(path, Job()) }
            for format in [OperationFormat.json, .jsonl, .csv, .exactCSV, .text, .redoSQL, .undoSQL] { try attempt { try list(path, format) } }
            var query = ActivityQuery()
            (query.limit, query.context, query.search) = (3, "a", "t")
            try attempt { _ = try Activity(path, surroundings, query, Job()).lines(query, .json, writesBlobs: true, Job()) { _ in } }
            try attempt {
                let browser = try OperationBrowser([path])
                var matches = try OperationMatches(query, origin: browser.lastOperation, first: browser.firstOperation, last: browser.lastOperation)
                try browser.extend(&matches, Job(), for: TimeSlice(surroundings, milliseconds: 10))
            }
            try integrate(path)
            unlink(folder + "/saved.journal")
            try attempt { _ = try LogSalvage.run(path, to: folder + "/saved.journal") }
        }
    }

    private func list(_ path: String, _ format: OperationFormat) throws {
        let query = ActivityQuery()
        _ = try Activity(path, surroundings, query, Job()).lines(query, format, writesBlobs: false, Job()) { (line) throws(Failure) in
            let kept: Set<Unicode.Scalar> = ["\n", "\r", "\t"]
            // Lists for people are escaped where they are shown: ProgramTests/Hostile.
            guard format != .text, let steering = line.unicodeScalars.first(where: { SafeText.isSteering($0) && !kept.contains($0) }) else { return }
            // Without a hint: `attempt` takes it for a finding.
            throw Failure(.databaseError, "\(format) lets \(steering.escaped(asASCII: true)) through: \(line.debugDescription)", hint: "")
        }
    }

    /// Into a database without anything, as a log from the beginning allows.
    private func integrate(_ path: String) throws {
        let data = folder + "/copy.db"
        for ending in ["", "-journal", "-wal", "-shm"] { unlink(data + ending) }
        try File(data, .createNew).sync()
        try attempt {
            _ = try Integration(data: data, surroundings: surroundings, logs: [path], until: nil, insideTransaction: true).run(Job())
        }
    }

    /// A database with capture in it, made from a log of the form's own example.
    func database() throws -> [UInt8] {
        let kept = folder + "/database"
        if access(kept, R_OK) != 0 {
            try integrate(try SampleLog.path(in: folder))
            try Folder.move(folder + "/copy.db", to: kept)
        }
        return try File.contents(of: kept, atMost: 1 << 24)
    }

    // MARK: Archives

    func archive(_ path: String) throws {
        let restored = folder + "/out"
        try judged {
            try Folder.removeTree(restored)
            try attempt { _ = try Verification.of(path, recordsOnly: false, tables: [], Job()) }
            try attempt { _ = try ArchiveSummary.of(path) }
            try attempt { _ = try RestorePreview(path) }
            for logs in [Restore.Logs.automatic, .none] {
                try attempt {
                    _ = try Restore(
                        archive: path, surroundings: surroundings, target: .folder(restored), items: [], logs: logs, until: nil,
                        insideTransaction: false
                    ).run(Job())
                }
                for entry in try Folder.exists(restored) ? Folder.contents(of: restored) : [] where entry.utf8.contains(0) {
                    throw FuzzTarget.Finding(description: "restored under a name with a zero byte")
                }
                try Folder.removeTree(restored)
            }
        }
    }

    // MARK: Data

    func data(_ path: String) throws {
        try judged {
            try attempt {
                let application = try Application(data: path)
                try attempt { _ = try LogStatus.of(application, surroundings, Job()) }
                try attempt { _ = try Information.of(application, surroundings, Job()) }
                try attempt { _ = try Verification.of(path, recordsOnly: false, tables: [], Job()) }
                try attempt { _ = try LogDrain(application: application, surroundings: surroundings).run(Job()) }
                try attempt { _ = try Backup(application: application, surroundings: surroundings, destination: nil).run(Job()) }
                try attempt { _ = try LogStop(application: application, surroundings: surroundings).run(Job()) }
            }
        }
    }

    // MARK: Judgement

    var surroundings: Surroundings {
        Surroundings(
            now: { Int64(time(nil)) * 1000 }, makeIdentifier: { "7f2c6f0e-0000-4000-8000-000000000001" },
            context: Context(process: "fuzz", processID: 1, user: "", host: ""), version: "0")
    }

    /// A failure with words is an answer; anything else is a finding.
    private func attempt(_ body: () throws -> Void) throws {
        do { try body() } catch let failure as Failure {
            guard !failure.message.isEmpty, !failure.hint.isEmpty else { throw FuzzTarget.Finding(description: "without words: \(failure)") }
        } catch { throw FuzzTarget.Finding(description: "no failure but \(error)") }
    }

    private func judged(_ body: () throws -> Void) throws {
        let begun = time(nil)
        do { try body() } catch let failure as Failure {
            guard [.logDamaged, .unsupportedVersion, .archiveDamaged, .unsafeEntry].contains(failure.code) else {
                throw FuzzTarget.Finding(description: "\(failure)")
            }
        }
        if time(nil) - begun > WholeOperations.seconds { throw FuzzTarget.Finding(description: "it took \(time(nil) - begun) seconds") }
        if let peak = WholeOperations.peak(), peak > WholeOperations.memory { throw FuzzTarget.Finding(description: "it took \(peak) KiB of memory") }
        let strays = try Folder.contents(of: elsewhere)
        guard strays.isEmpty else { throw FuzzTarget.Finding(description: "written where nothing is to be written: \(strays)") }
    }
}
