// The backup journal: `Logs/Backup Journal[001].txt`, a text for people, a line per event, durable when the call returns.
// A journal that cannot be written never fails an operation that is done: the failure comes back as a value.

import FileSystem
import Glibc
public import Vocabulary

/// The human-readable record of an application's backups, restores, integrations and rollbacks.
///
/// The files form a ring of 999 numbers with a gap of at least one after the current file, so that the current one is
/// known by its place: the file whose next number is missing.
public struct BackupJournal: Sendable {
    /// The folder of the journal files; created when missing.
    public let folder: String
    /// Whether items have their lines.
    public let isVerbose: Bool
    /// A file that is larger is left and the next one begun.
    let limit: UInt64

    public init(folder: String, isVerbose: Bool) { self.init(folder: folder, isVerbose: isVerbose, limit: 10_000_000) }

    /// The journal of an application, as verbose as its settings say; verbose when they cannot be read.
    init(of application: Application) {
        self.init(folder: application.logsFolder, isVerbose: (try? BackupSettings.read(application))?.journalIsVerbose ?? true)
    }

    init(folder: String, isVerbose: Bool, limit: UInt64) {
        self.folder = folder
        self.isVerbose = isVerbose
        self.limit = limit
    }

    /// Appends a line, and one for each item when verbose.
    ///
    /// After a failure the file ends as before, or, where the disk allows not even that, with a part of the line; after
    /// kill -9 likewise. The next line begins on a line of its own in any case.
    /// - Returns: why the line could not be written; nil when it is durable.
    public func record(_ line: JournalLine) -> Failure? {
        do throws(Failure) {
            do { try Folder.create(folder) } catch { throw Failure.writing(error) }
            let lock = try FolderLock.take(folder, patience: 2000)
            defer { withExtendedLifetime(lock) {} }
            do { try append(line, to: try fileToWrite()) } catch { throw Failure.writing(error) }
            return nil
        } catch {
            return Failure(
                error.code, "the \(line.event.rawValue) is not in the backup journal, since \(error.message)", cause: error.cause,
                hint: error.hint)
        }
    }

    /// Runs an operation; its failure gets a line, a Stop too.
    func recordingFailure<Outcome>(
        of operation: String, path: String, _ surroundings: Surroundings, _ body: () throws -> Outcome
    ) throws -> Outcome {
        let started = surroundings.now()
        do { return try body() } catch let failure as Failure {
            var line = JournalLine(.failure, at: started)
            line.status = failure.code == .stopped ? "stopped" : "failed"
            line.path = path
            line.seconds = Double(surroundings.now() - started) / 1000
            line.error = failure
            line.detail = operation
            // The failure itself is what is reported.
            _ = record(line)
            throw failure
        }
    }

    /// The file that holds the newest lines; nil when there is none.
    public func currentFile() throws(Failure) -> String? {
        do { return try currentNumber().map(path) } catch {
            throw Failure(
                error.isPermission ? .noPermission : .readFailed, "the folder '\(folder)' cannot be read", cause: error.reason,
                hint: "Check its owner and mode, and the disk.")
        }
    }

    /// The file before another one in the ring; nil when it is not there.
    func file(before current: String) -> String? {
        guard let number = BackupJournal.numbers.first(where: { path($0) == current }) else { return nil }
        let older = path(number == BackupJournal.numbers.lowerBound ? BackupJournal.numbers.upperBound : number - 1)
        return Folder.exists(older) ? older : nil
    }

    static let numbers = 1...999

    private func path(_ number: Int) -> String {
        Folder.join(folder, "Backup Journal[\(Application.padded(number, width: 3))].txt")
    }

    private static func next(_ number: Int) -> Int { number == numbers.upperBound ? numbers.lowerBound : number + 1 }

    private func currentNumber() throws(SystemError) -> Int? {
        guard Folder.exists(folder) else { return nil }
        let names = Set(try Folder.contents(of: folder))
        let present = BackupJournal.numbers.filter { names.contains(Folder.name(of: path($0))) }
        let candidates = present.filter { !names.contains(Folder.name(of: path(BackupJournal.next($0)))) }
        // Several only when somebody took files away: then the one written last, and of equals the highest.
        return (candidates.isEmpty ? present : candidates).max { age($0) < age($1) }
    }

    private func age(_ number: Int) -> (Int, Int, Int) {
        let time = Folder.status(of: path(number))?.st_mtim
        return (time?.tv_sec ?? 0, time?.tv_nsec ?? 0, number)
    }

    /// The current file, or the next one, begun now, when that is full or there is none.
    private func fileToWrite() throws(SystemError) -> String {
        let current = try currentNumber()
        if let current, try File(path(current), .read).size() <= limit { return path(current) }
        let number = current.map(BackupJournal.next) ?? BackupJournal.numbers.lowerBound
        // In this order there is a gap after the current file at every instant.
        try Folder.removeFile(path(number))
        try Folder.removeFile(path(BackupJournal.next(number)))
        try Publication.write(Array(JournalLine.header.utf8), to: path(number))
        return path(number)
    }

    private func append(_ line: JournalLine, to path: String) throws(SystemError) {
        let file = try File(path, .readWrite)
        let start = try file.size()
        do {
            var end = start
            var text = try BackupJournal.endsInsideLine(file, start) ? "\n" : ""
            text += line.text
            for item in isVerbose ? line.items : [] {
                text += line.text(of: item)
                if text.utf8.count >= BackupJournal.block { end = try BackupJournal.write(&text, file, end) }
            }
            _ = try BackupJournal.write(&text, file, end)
            try file.sync()
        } catch {
            // What was written of a line is taken back; where that fails too, the next line begins on its own.
            try? file.truncate(to: start)
            throw error
        }
    }

    /// Bytes collected before they are written.
    private static let block = 1 << 20

    private static func endsInsideLine(_ file: borrowing File, _ size: UInt64) throws(SystemError) -> Bool {
        guard size > 0 else { return false }
        var last: UInt8 = 0
        let count = try withUnsafeMutableBytes(of: &last) { (buffer) throws(SystemError) in
            try file.read(into: buffer, at: size - 1)
        }
        return count == 1 && last != UInt8(ascii: "\n")
    }

    private static func write(_ text: inout String, _ file: borrowing File, _ end: UInt64) throws(SystemError) -> UInt64 {
        let bytes = Array(text.utf8)
        try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in
            try file.write(UnsafeRawBufferPointer(buffer), at: end)
        }
        text = ""
        return end + UInt64(bytes.count)
    }
}
