// Error 1274 in the application itself: while the log is not available its writes can be refused, because the settings say so
// or because what waits in the database has become too much for its disk.

import Database
import Vocabulary

/// Switches an application whose log is not available to refusing writes. The next drain that succeeds switches back.
struct Refusal {
    private let application: Application

    init(_ application: Application) { self.application = application }

    /// Begins to refuse, if the settings ask for it now. A database that is locked is left alone: the next drain tries again.
    func begin(_ job: Job) throws {
        let settings = try BackupSettings.read(application)
        guard settings.refusesWritesWhileLogUnavailable || settings.outboxLimitMegabytes > 0 else { return }
        do {
            let connection = try Connection(application.data, .write, busyTimeout: 1000, stop: job)
            guard let state = try CaptureState(connection), state.isAttached(to: application), !state.isRefusing else { return }
            let limit = Int64(settings.outboxLimitMegabytes) * 1_000_000
            if try settings.refusesWritesWhileLogUnavailable || Capture.backlogBytes(connection) > limit {
                try Capture.setRefusal(connection, true)
            }
        } catch let error as DatabaseError {
            guard error.isBusy else { throw error.failure }
        }
    }
}
