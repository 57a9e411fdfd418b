// A data file taken out of an archive, on its way: detached from the original's log, then taken forward along the logs.

import Archive
import Database
import FileSystem
import LogFile
import Vocabulary

/// A restored copy of the data in a folder of ours, before anybody else sees it.
struct RestoredData {
    let path: String
    var manifest: Manifest

    /// Refuses data that are not those which the manifest speaks of.
    /// - Throws: 1411.
    func checkOwner(_ job: Job) throws {
        guard !manifest.chain.isEmpty, let owner = try owner(job)?.owner, owner.application.description != manifest.application else { return }
        throw Failure(
            .archiveDamaged, "the data in the archive belong to another application than its manifest says",
            cause: "the data say \(owner.application), the manifest says \(manifest.application)",
            hint: "Somebody put this archive together: restore another one.")
    }

    /// Takes the mark of the original out of the copy: it must not write to the original's log.
    func detach(_ job: Job) throws {
        let connection = try Connection(path, .write, busyTimeout: 1000, stop: job)
        guard var state = try CaptureState(connection) else { return }
        state.detach()
        try connection.transaction("IMMEDIATE") { try state.write(connection) }
        // What the archive holds is of one moment.
        try Capture.setOutdated(connection, [])
    }

    /// The position of the copy and whose it is; nil when the archive was made without a log.
    func owner(_ job: Job) throws -> (owner: LogChain.Owner, position: Int64)? {
        let connection = try Connection(path, .read, busyTimeout: 1000, stop: job)
        guard let state = try CaptureState(connection) else { return nil }
        return (try state.owner, try Capture.position(connection))
    }

    /// Where the log stood when it was begun, as the data tell; empty for beside the data file, and without a log.
    func journalPath(_ job: Job) throws -> String {
        try CaptureState(Connection(path, .read, busyTimeout: 1000, stop: job))?.journalPath ?? ""
    }

    /// Replays a chain onto the copy. Nobody else has it, and it is published only when it is whole: no sync on the way.
    func integrate(_ chain: LogChain, to end: UInt64?, _ job: Job) throws -> Replay.Result {
        do {
            let connection = try Connection(path, .write, busyTimeout: 1000, stop: job)
            try connection.execute("PRAGMA synchronous=OFF")
            let result = try Replay(connection: connection, chain: chain, end: end).run(job)
            connection.forgetStatements()
            return result
        }
    }

    /// Makes the finished copy durable, and that no journal of SQLite's stands beside it. No connection to it may be open.
    func sync() throws(Failure) {
        do throws(SystemError) {
            try File(path, .readWrite).sync()
            try Folder.sync(containing: path)
        } catch { throw Failure.writing(error) }
    }
}
