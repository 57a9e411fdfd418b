// The content of virtual tables on its way into the log: no trigger tells of it, so it is compared with what the log has.

import Database
import FileSystem
import Glibc
import LogFile
import Vocabulary

extension LogSession {
    /// Lets the next drain log the content of virtual tables that has changed, after what the structure became. A session that drains
    /// again and again looks as often as its looks and drains are worth.
    func lookAtContents(_ job: Job) throws {
        if try wantsTick || connection.withStop(of: job, { try Capture.hasMoved(connection) }) { try resynchronise(force: false, job) }
        let begun = surroundings.now()
        guard let writer, counters?.isDue(begun) != false else { return }
        let look = try connection.withStop(of: job) { try Capture.look(connection, limit: Int64(settings.reloadLimit)) }
        var position = look.position
        let note = ComparisonNote(application)
        if !look.isEmpty {
            let known = note.read() ?? writer.lastPosition
            position = try Patience.retry(seconds: 10, job) {
                try Capture.mark(connection, look, known: known, context: surroundings.context)
            }
        }
        note.remove()
        compared = look.count == 0 ? .max : position
        counters?.looked(at: compared ?? 0, from: begun, to: surroundings.now(), found: look.changed.isEmpty ? nil : logSize)
    }

    /// Remembers what the log has of virtual tables now.
    func noteContents() {
        guard !contents.isEmpty else { return }
        // What cannot be noted is logged once more: nothing is lost.
        try? Patience.retry(seconds: 2, Job()) { try Capture.note(connection, contents) }
        contents = [:]
        counters?.noted(at: surroundings.now(), logSize)
    }

    private var logSize: Int64 { Folder.status(of: journalPath).map { Int64($0.st_size) } ?? 0 }
}
