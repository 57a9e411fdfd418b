// What stands at the path where a log is to be, before it is there.

import FileSystem
import LogFile
import Vocabulary

extension LogSession {
    /// - Parameter identity: of this application.
    /// - Returns: the log that stands at this path; nil when nothing does.
    /// - Throws: 1504 when something stands there that is no log, or where this application does not keep its log by itself, the log
    ///   of another one, which may still be written; 1511 or 1515 when it cannot be read.
    @discardableResult
    static func standing(at path: String, _ application: Application, _ identity: [UInt8]) throws(Failure) -> LogReader? {
        guard Folder.exists(path) else { return nil }
        let reader: LogReader
        do { reader = try LogReader(path) } catch {
            if error.code == .noPermission || error.code == .readFailed { throw error }
            throw Failure(
                .destinationExists, "something that is not a log stands at '\(path)'",
                hint: "Move it away, or choose another path with --log.")
        }
        let owner = LogOwner.other(of: path, than: application)
        if owner != nil || (path != application.defaultJournal && reader.header.application.bytes != identity) {
            throw Failure(
                .destinationExists, "the log of \(owner.map { "'\($0)'" } ?? "another database") stands at '\(path)'",
                hint: "Choose another path with --log; move that log away if nothing writes to it any more.")
        }
        return reader
    }

    /// Makes room at a log's path: an older log that stands there gets the name of a segment.
    /// - Returns: that name; nil when there was room.
    /// - Throws: what `standing` throws.
    @discardableResult
    static func setAside(_ path: String, _ application: Application, _ identity: [UInt8]) throws -> String? {
        guard let reader = try standing(at: path, application, identity) else { return nil }
        for segment in 1...9999 {
            let name = Application.segmentName(application.name, backup: Int(reader.header.number), segment: segment)
            let aside = Folder.join(Folder.parent(of: path), name)
            if Folder.exists(aside) { continue }
            // Untested: the renaming fails only when the disk does, after its folder could be read.
            do { try Folder.move(path, to: aside) } catch {
                // It may have been renamed, with only the durability of that in doubt.
                if !Folder.exists(path) { try? Folder.move(aside, to: path) }
                throw Failure.writing(error)
            }
            return aside
        }
        // Untested: it takes 9,999 old logs of one number in one folder.
        throw Failure(
            .destinationExists, "the old log '\(path)' cannot be set aside", hint: "Move it away, or choose another path with --log.")
    }
}
