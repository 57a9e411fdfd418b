// What is fed with bytes that nobody meant: each reader of a file or text that comes from outside. One list for the mutation fuzzer
// of the test command and for libFuzzer (scripts/fuzz.sh). A target must neither crash nor hang, nor fail with another code
// than those a person can act on.

import Archive
import Engine
import FileSystem
import Glibc
import LogFile
import Parity
public import Vocabulary

public enum FuzzTarget: String, CaseIterable, Sendable {
    /// `forged`: a log whose checksums were made right after it was changed. `hostileLog`, `hostileArchive`: the bytes decide what an encoder
    /// makes, and the whole program goes through it. `hostileData`: the bytes decide what becomes of the pages of a database with a log and of
    /// its write-ahead log, whose checksums are right.
    case log, forged, archive, manifest, settings, history, record, words, parity, pages, hostileLog, hostileArchive, hostileData

    /// What a target must not do, short of crashing.
    public struct Finding: Error, CustomStringConvertible {
        public let description: String
    }

    /// The codes with which bad bytes may be refused.
    public var accepted: Set<ErrorCode> {
        switch self {
        case .log, .forged, .hostileLog: [.logDamaged, .unsupportedVersion]
        case .archive, .manifest, .hostileArchive: [.archiveDamaged, .unsupportedVersion, .unsafeEntry]
        case .settings: [.badSetting, .readFailed]
        case .history: [.unsupportedVersion]
        case .record: [.badValue, .destinationExists, .unsupportedVersion]
        case .words: [.badValue]
        case .parity: [.archiveDamaged, .unsupportedVersion]
        case .pages, .hostileData: []
        }
    }

    /// - Parameter folder: a folder of the caller's, where files are written and overwritten.
    /// - Throws: `Finding`.
    public func run(_ bytes: [UInt8], in folder: String) throws {
        do {
            switch self {
            case .log: try readLog(bytes, folder)
            case .forged: try readLog(ForgedLog.sealed(bytes), folder)
            case .archive: try readArchive(bytes, folder)
            case .manifest: try readArchive(StoredZip.archive(entry: "manifest.json", bytes), folder)
            case .settings: _ = try BackupSettings.read(file: try put(bytes, folder + "/settings"))
            case .history: try readHistory(bytes, folder)
            case .record: try readRecord(bytes, folder)
            case .words: try readWords(bytes, folder)
            case .parity: try readParity(bytes, folder)
            case .pages: try Pages.read(bytes)
            case .hostileData: try HostileData(folder).run(bytes)
            case .hostileLog: try WholeOperations(folder).log(put(HostileLog.encode(bytes), folder + "/hostile.journal"))
            case .hostileArchive:
                let operations = WholeOperations(folder)
                let made = HostileArchive.encode(bytes, database: try operations.database(), elsewhere: folder + "/elsewhere")
                try operations.archive(put(made, folder + "/hostile[0001].4BK"))
            }
        } catch let failure as Failure {
            guard accepted.contains(failure.code) else { throw Finding(description: "\(rawValue): \(failure)") }
            guard !failure.message.isEmpty, !failure.hint.isEmpty else { throw Finding(description: "\(rawValue): a failure without words") }
        }
    }

    private func put(_ bytes: [UInt8], _ path: String) throws -> String {
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Finding(description: "no scratch file at \(path)") }
        defer { close(descriptor) }
        _ = bytes.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        return path
    }

    // MARK: Targets

    private func readLog(_ bytes: [UInt8], _ folder: String) throws {
        let path = try put(bytes, folder + "/fuzz.journal")
        let report = try LogCheck.run(path)
        let reader = try LogReader(path)
        var forwards: [UInt64] = []
        var isWhole = true
        try reader.forEach(damage: { _ in isWhole = false }) { operation in
            forwards.append(operation.number)
            return forwards.count < 100_000 ? .next : .enough
        }
        guard zip(forwards, forwards.dropFirst()).allSatisfy({ $0 < $1 }) else { throw Finding(description: "operations out of order") }
        guard isWhole || !report.problems.isEmpty else { throw Finding(description: "damage that the check did not see") }
        var filter = Filter()
        filter.text = "x"
        filter.key = "1"
        try reader.forEach(reverse: true, filter: filter, damage: { _ in }) { _ in .next }
        _ = try reader.firstOperation(atOrAfter: 1_700_000_000_000)
        _ = try reader.consistentPoint(atOrBefore: .max)
        for number in forwards.prefix(3) { _ = try reader.operation(number) }
        let saved = folder + "/saved.journal"
        unlink(saved)
        let saved1 = try LogSalvage.run(path, to: saved)
        guard saved1.operations == UInt64(forwards.count) || forwards.count >= 100_000 else {
            throw Finding(description: "salvaged \(saved1.operations) of \(forwards.count) operations that can be read")
        }
        // What a writer makes of it can be read again.
        do { _ = try LogWriter(opening: path) } catch { guard error.code == .logDamaged else { throw error } }
    }

    private func readArchive(_ bytes: [UInt8], _ folder: String) throws {
        let reader = try ArchiveReader(path: try put(bytes, folder + "/fuzz.4BK"))
        let manifest = try reader.manifest()
        let problems = try reader.verify(job: Job())
        for item in manifest.items.prefix(4) where item.size < 1 << 24 {
            var count: UInt64 = 0
            do {
                try reader.extract(item, job: Job()) { count += UInt64($0.count) }
                guard count == item.size else { throw Finding(description: "\(count) bytes extracted of \(item.size)") }
            } catch let failure as Failure {
                guard accepted.contains(failure.code), !problems.isEmpty else { throw failure }
            }
        }
        _ = try ArchiveSummary.of(folder + "/fuzz.4BK")
    }

    private func readHistory(_ bytes: [UInt8], _ folder: String) throws {
        let place = folder + "/history"
        mkdir(place, 0o700)
        _ = try put(bytes, place + "/" + HistoryFile.name)
        let file = HistoryFile(folder: place, application: "7f2c6f0e-0000-4000-8000-000000000000", name: "S") { _ in nil }
        let reading = try file.read()
        _ = reading.history.sets
    }

    private func readRecord(_ bytes: [UInt8], _ folder: String) throws {
        let place = folder + "/record"
        mkdir(place, 0o700)
        mkdir(place + "/S.msc", 0o700)
        _ = try put(Array("data".utf8), place + "/S.db")
        _ = try put(bytes, place + "/S.msc/application.json")
        _ = try BackupSet.lastAttempt(of: try Application(data: place + "/S.db"))
    }

    /// A time, and a filter of lines: table, search, key, from, since.
    private func readWords(_ bytes: [UInt8], _ folder: String) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var query = ActivityQuery()
        query.tables = lines.first.map { [$0] } ?? []
        query.search = lines.count > 1 ? lines[1] : nil
        query.key = lines.count > 2 ? lines[2] : nil
        query.from = lines.count > 3 ? UInt64(lines[3]) : nil
        query.context = lines.count > 4 ? lines[4] : nil
        query.limit = 10
        let browser = try OperationBrowser([SampleLog.path(in: folder)])
        var matches = try OperationMatches(query, origin: 1, first: browser.firstOperation, last: browser.lastOperation)
        let clock = Surroundings(now: { 0 }, makeIdentifier: { "" }, context: Context(process: "fuzz", processID: 1, user: "", host: ""), version: "0")
        try browser.extend(&matches, Job(), for: TimeSlice(clock, milliseconds: 10))
        // What is read back from what was written is the same moment.
        let time = try Timestamp.parse(text)
        guard try Timestamp.parse(Timestamp.utc(time)) == time else { throw Finding(description: "'\(text)' is \(time), read again another") }
    }

    private func readParity(_ bytes: [UInt8], _ folder: String) throws {
        let protected = try put([UInt8](repeating: 7, count: 9000), folder + "/protected")
        guard let parity = try ParityFile.open(try put(bytes, protected + ".parity")) else { return }
        guard parity.partCount == 1, parity.protectedSize < 1 << 24 else { return }
        _ = try ParityAssessment.of(parity, paths: [protected], Job())
    }
}
