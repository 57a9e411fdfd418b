// What a path on the command line is: told by the file's own first bytes, never by its name.

import FileSystem
import LogFile
import Vocabulary

enum FileKind {
    case data, archive, log

    /// - Throws: 1511 when this user may not see it, 1513 when there is nothing at the path, 1515 when it cannot be read. An empty file is an
    ///   empty database; what begins like none of ours is left to SQLite to judge.
    static func of(_ path: String) throws(Failure) -> FileKind {
        guard !Folder.isHidden(path) else { throw Application.hidden(path) }
        guard Folder.exists(path) else {
            throw Failure(.fileNotFound, "there is no file at '\(path)'", hint: "Check the path.")
        }
        guard !Folder.isFolder(path) else {
            throw Failure(.fileNotFound, "'\(path)' is a folder", hint: "Give the path of a file.")
        }
        var bytes = [UInt8](repeating: 0, count: 16)
        do {
            let file = try File(path, .read)
            _ = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
                try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            }
        } catch {
            throw Failure(
                error.isPermission ? .noPermission : .readFailed, "'\(path)' cannot be read", cause: error.reason,
                hint: "Check its owner and mode, and the disk.")
        }
        if bytes.starts(with: "SQLite format 3".utf8) { return .data }
        if bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) || path.hasSuffix(".4BK") { return .archive }
        if LogHeader.begins(bytes) || path.hasSuffix(".4BL") || path.hasSuffix(".journal") { return .log }
        return .data
    }
}
