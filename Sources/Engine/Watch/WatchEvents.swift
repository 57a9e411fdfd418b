// What the service's machine is told, and what it wants done: values only, so that weeks pass in a test within a blink.

import Vocabulary

/// A moment on both clocks, in milliseconds: one for dates, one that only grows.
struct WatchTime: Sendable, Equatable {
    /// Since 1970-01-01 UTC. May be set forward and back.
    var wall: Int64
    /// Since some moment before the start. For pauses.
    var steady: Int64
}

enum WatchEvent: Sendable {
    /// The data file or a journal of SQLite beside it was written to.
    case written
    /// The files were looked at: whether they are other than before.
    case looked(isChanged: Bool)
    /// Another file stands at the data file's place, or none.
    case replaced
    case drained(DrainEnd)
    case pruned(gaveWay: Bool, DrainEnd)
    case settings(Result<BackupSettings, Failure>, isAskedFor: Bool)
    /// How automatic backup stands, read anew; a failure when it cannot be kept.
    case automation(Result<AutomationState, Failure>)
    case backupEnded(Result<AutomaticBackup.Outcome, Failure>)
    case reload, stop
    /// Nothing but time has passed.
    case time
}

enum WatchEffect: Sendable, Equatable {
    case look
    case drain(isThorough: Bool)
    case prune(for: Duration)
    case readSettings(isAskedFor: Bool)
    /// Reads how automatic backup stands, for these settings.
    case readAutomation(BackupSettings)
    case backup(BackupSettings)
    /// Leaves what is due to the next date.
    case passOver(because: String, BackupSettings)
    case stopBackup
    case stopDrain
    case health
    case say(WatchLevel, String)
    case status(String)
    case ready, reloading, stopping
    case end
}

/// How much a line matters: the numbers are the system log's.
public enum WatchLevel: Int, Sendable, Equatable {
    case error = 3
    case warning = 4
    case notice = 5
    case info = 6
}
