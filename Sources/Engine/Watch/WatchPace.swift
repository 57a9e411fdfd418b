// How often the service does what: every number of its rhythm, in milliseconds, and why it is that one.

/// The rhythm of the service. The program that is watched comes first: reading its database costs it nothing in WAL mode, and
/// next to nothing in the others as long as it is seldom.
struct WatchPace: Sendable, Equatable {
    /// From the first sign of a commit to its drain: in one write more comes than one event.
    var afterWrite: Int64 = 4
    /// A commit is seen only some time after its last write: when its bytes are durable. Looks after the last sign.
    var followUps: [Int64] = [20, 60, 200, 1000]
    /// A drain that took so long is followed by at least so many times as long a pause: a quarter of one processor at most.
    var rest: Int64 = 3
    /// No more drains than this allows, while the application goes on writing.
    var betweenDrains: Int64 = 30

    /// Outside of WAL mode a reader can keep a writer from committing, and a program without a busy timeout then fails: drains
    /// wait for a gap in the writing, and come seldom when there is none.
    var gap: Int64 = 250
    var betweenReads: Int64 = 2000
    var longestBetweenReads: Int64 = 60_000

    /// The database or the log is held by somebody: first and longest pause, and from when on it is told.
    var whileBusy: Int64 = 20
    var longestWhileBusy: Int64 = 500
    var busyIsTold: Int64 = 10_000
    /// The log file or the data cannot be used: first and longest pause.
    var afterFailure: Int64 = 1000
    var longestAfterFailure: Int64 = 15_000
    /// There is no log, or the data are a copy.
    var withoutLog: Int64 = 10_000

    /// The status of the files is looked at, whatever the kernel told.
    var look: Int64 = 5000
    /// The log is opened, whatever the files look like.
    var thoroughLook: Int64 = 60_000
    /// Health is judged and written for monitoring.
    var health: Int64 = 60_000
    /// Backups that are made because the log has a gap come at most so often.
    var betweenGapBackups: Int64 = 3_600_000
    /// The schedule is looked at at least so often: clocks are set, and machines sleep.
    var schedule: Int64 = 30_000

    /// How long nothing may have been written before captured rows are removed: the more there are, the shorter. In WAL mode the
    /// removal itself finds its moments between commits (`Pruning`), so that many rows need not wait for a pause.
    func quietBeforePruning(_ rows: Int64, isWriteAheadLog: Bool) -> Int64? {
        switch rows {
        case ..<1: nil
        case ..<500: isWriteAheadLog ? 30_000 : 300_000
        case ..<20_000: isWriteAheadLog ? 2000 : 20_000
        case ..<2_000_000: isWriteAheadLog ? 0 : 1000
        default: 0
        }
    }
    /// How long captured rows are removed in one go: the log waits meanwhile.
    var pruning = Duration.milliseconds(80)

    /// How long to leave the database alone after removing, and after somebody else's writing kept from it.
    func pauseAfterPruning(gaveWay: Bool, isWriteAheadLog: Bool) -> Int64 { gaveWay ? 30_000 : isWriteAheadLog ? 200 : 1000 }

    /// How long a drain may go on after the service was told to end.
    var lastDrain: Int64 = 5000

    init() {}
}
