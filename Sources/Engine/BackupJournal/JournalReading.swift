// The newest lines of the backup journal, for those who look at it in the program. The end of the files is read, never more.

import FileSystem
public import Vocabulary

/// A line of the backup journal as it stands in the file, taken apart.
public struct JournalReading: Sendable, Equatable {
    /// Local time.
    public var date: String
    public var event: String
    public var number: String
    public var status: String
    public var path: String
    public var size: UInt64?
    public var seconds: String
    public var error: String
    public var detail: String

    /// Whether it is an item of the event above it.
    public var isItem: Bool { event == "item" }

    /// Nil for the heading and for a line that was torn off.
    init?(_ line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 9, fields[0] != "Date" else { return nil }
        date = fields[0]
        event = fields[1]
        number = fields[2]
        status = fields[3]
        path = fields[4]
        size = UInt64(fields[5])
        seconds = fields[6]
        error = fields[7]
        detail = fields[8]
    }
}

extension BackupJournal {
    /// The newest lines of an application's journal, oldest first; of an older file as well where the current one is short.
    /// - Parameter bytes: how much of the end of each file is read.
    /// - Throws: 1515 when a file cannot be read.
    public static func newest(of application: Application, bytes: Int = 256 << 10) throws(Failure) -> [JournalReading] {
        let journal = BackupJournal(of: application)
        guard let current = try journal.currentFile() else { return [] }
        var lines = try end(of: current, bytes)
        if lines.count < fewest, let older = journal.file(before: current) { lines = try end(of: older, bytes) + lines }
        return lines
    }

    /// With fewer lines than this the file before is looked at too.
    private static let fewest = 200

    private static func end(of path: String, _ bytes: Int) throws(Failure) -> [JournalReading] {
        do {
            let file = try File(path, .read)
            let size = try file.size()
            let start = size > UInt64(bytes) ? size - UInt64(bytes) : 0
            var buffer = [UInt8](repeating: 0, count: Int(size - start))
            let count = try buffer.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
                try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: start)
            }
            // What begins in the middle of a line is not one of its own.
            return String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").dropFirst(start > 0 ? 1 : 0)
                .compactMap { JournalReading($0) }
        } catch {
            throw Failure(
                error.isPermission ? .noPermission : .readFailed, "the backup journal '\(path)' cannot be read", cause: error.reason,
                hint: "Check its owner and mode, and the disk.")
        }
    }
}
