// Small JSON files of ours: read whole within a bound, written atomically (invariant I3).

import Archive
import FileSystem
import FoundationEssentials
import Vocabulary

enum JSONFile {
    /// More than any history or identity needs; a larger file is not ours.
    static let largest = 64 << 20

    /// The value in the file; nil when there is no file.
    /// - Throws: 1511 when this user may not see it, 1515 when it cannot be read, 1519 when it is not what it should be.
    static func read<Content: Decodable>(_ path: String) throws(Failure) -> Content? {
        guard Folder.exists(path) else {
            if Folder.isHidden(path) { throw Application.hidden(path) }
            return nil
        }
        let bytes = try contents(path)
        guard JSONBound.holds(bytes) else {
            throw Failure(
                .badValue, "the file '\(path)' is not what this program writes there", cause: "it says more than any of them does",
                hint: "Move the file away; what it held is rebuilt from the archives where that is possible.")
        }
        do { return try JSONDecoder().decode(Content.self, from: Data(bytes)) } catch {
            throw Failure(
                .badValue, "the file '\(path)' is not what this program writes there", cause: DecodingError.words(of: error),
                hint: "Move the file away; what it held is rebuilt from the archives where that is possible.")
        }
    }

    static func contents(_ path: String) throws(Failure) -> [UInt8] {
        do { return try File.contents(of: path, atMost: largest) } catch {
            throw Failure(
                error.isPermission ? .noPermission : .readFailed, "the file '\(path)' cannot be read", cause: error.reason,
                hint: "Check its owner and mode, and the disk.")
        }
    }

    static func write(_ content: some Encodable, _ path: String) throws(Failure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes: [UInt8]
        do { bytes = Array(try encoder.encode(content)) } catch {
            // Untested: what is written holds texts, finite numbers and lists of them, and JSON has a form for each.
            throw Failure(
                .writeFailed, "the file '\(path)' cannot be written", cause: String(describing: error),
                hint: "Please report this sentence: it should not be possible.")
        }
        try write(bytes: bytes, path)
    }

    static func write(bytes: [UInt8], _ path: String) throws(Failure) {
        do { try Publication.write(bytes, to: path) } catch { throw Failure.writing(error) }
    }
}

extension Failure {
    /// A failed change of a file, as people read it: 1511 when it was not permitted, 1516 otherwise.
    static func writing(_ error: SystemError) -> Failure {
        Failure(
            error.isPermission ? .noPermission : .writeFailed, "'\(Folder.shown(error.path))' cannot be written", cause: error.reason,
            hint: "Check the folder's owner and mode, and the free space of its disk.")
    }
}
