// The contract between a page and the loop that shows it. A page is a value: it draws itself, answers events, and says what
// is to be done; the loop does it. No page knows another one, the terminal, or a thread.

public import Engine
public import TerminalKit
public import Vocabulary

/// The pages, in the order of the column at the left.
public enum PageID: String, Hashable, Sendable, CaseIterable {
    case information, activity, verify, backup, compact, rollback, restore, repair, settings

    public var title: String {
        switch self {
        case .information: "Information"
        case .activity: "Activity Analysis"
        case .verify: "Verify"
        case .backup: "Backup"
        case .compact: "Compact"
        case .rollback: "Rollback"
        case .restore: "Restore"
        case .repair: "Repair"
        case .settings: "Settings"
        }
    }
}

/// What every page may look at, taken anew for each event and each picture.
public struct PageContext: Sendable {
    public var application: Application
    public var surroundings: Surroundings
    /// Log, backups and what runs, read a moment ago; nil until the first reading is there.
    public var overview: Overview?
    /// Nothing that writes may be started; the reason is shown with each such action.
    public var isReadOnly: Bool
    /// An operation of this program runs: its own pages wait.
    public var isBusy: Bool
    /// What runs is a backup: a change of the data may be asked for; it waits in a dialog for the backup's end.
    public var changesMayWait: Bool
    /// The room that the page in front has.
    public var room: GridSize
    /// Milliseconds since 1970 UTC.
    public var now: Int64

    public init(
        application: Application, surroundings: Surroundings, overview: Overview?, isReadOnly: Bool, isBusy: Bool,
        changesMayWait: Bool = false, room: GridSize = GridSize(columns: 59, rows: 21), now: Int64
    ) {
        self.application = application
        self.surroundings = surroundings
        self.overview = overview
        self.isReadOnly = isReadOnly
        self.isBusy = isBusy
        self.changesMayWait = changesMayWait
        self.room = room
        self.now = now
    }

    /// Why an action that writes cannot be started now; nil when it can.
    public var writeObstacle: String? {
        isReadOnly ? "The program was started with --readonly." : isBusy && !changesMayWait ? "An operation is running." : nil
    }
}

/// The state of the application that the frame and all pages show.
public struct Overview: Sendable, Equatable {
    public var log: LogStatus
    /// Newest first.
    public var backups: [BackupSet]
    /// The newest backup that was tried, whatever became of it.
    public var lastAttempt: BackupSet?
    /// How automatic backup stands; nil when that cannot be read.
    public var automation: AutomationStatus?
    /// An operation of another process.
    public var running: RunningOperation?
    /// When the data was last written to, in milliseconds since 1970 UTC; nil when it is missing.
    public var dataChanged: Int64?
    /// What could not be read; the other parts stand for themselves.
    public var problems: [Failure]
    /// What `msc check` says; nil while nobody asked.
    public var health: Health?

    /// No backup is known, which need not mean that there is none: something could not be read.
    var backupsAreUnknown: Bool { backups.isEmpty && lastAttempt == nil && !problems.isEmpty }

    public init(
        log: LogStatus, backups: [BackupSet], lastAttempt: BackupSet? = nil, automation: AutomationStatus? = nil,
        running: RunningOperation?, dataChanged: Int64? = nil, problems: [Failure] = [], health: Health? = nil
    ) {
        self.health = health
        self.automation = automation
        self.log = log
        self.backups = backups
        self.lastAttempt = lastAttempt ?? backups.first
        self.running = running
        self.dataChanged = dataChanged
        self.problems = problems
    }
}

/// A page of the program.
public protocol Page {
    /// The actions that its keys mean here and now: dispatch, footer and help read these rows.
    func actions(_ context: PageContext) -> ActionTable<String>
    /// Called when the page comes to the front, with what another page asked it to show.
    mutating func appear(_ request: PageRequest?, _ context: PageContext) -> [Effect]
    /// An action of `actions` was asked for.
    mutating func perform(_ action: String, _ context: PageContext) -> [Effect]
    /// Everything else: moving, typing, clicking. `rect` is where the page was drawn. `nil` when it is not for this page.
    mutating func handle(_ event: TerminalEvent, in rect: Rect, _ context: PageContext) -> [Effect]?
    /// Something that the page asked for with `Effect.load` has come. `key` is the page's own.
    mutating func receive(_ key: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect]
    /// An operation that this page started has ended. A failure has been shown already, with its code and hint.
    mutating func ended(_ operation: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect]
    /// The overview was read anew and something in it changed. Only the page in front hears of it.
    mutating func refreshed(_ context: PageContext) -> [Effect]
    /// The page has other room now, in `context.room`: a list may show more than was read. Only the page in front hears of it.
    mutating func resized(_ context: PageContext) -> [Effect]
    func render(into frame: inout Frame, _ rect: Rect, _ context: PageContext)
}

/// What one page asks another to show: from a row of the activity to a rollback or a restore.
public enum PageRequest: Sendable, Equatable {
    /// Roll back to just after this operation, the last one to keep.
    case rollback(keep: UInt64)
    /// Restore up to and including this operation.
    case restore(to: UInt64)
    /// Show the operations of this log.
    case activity(log: String)
}

extension Page {
    public mutating func resized(_ context: PageContext) -> [Effect] { [] }
    // Untested: for a page that runs nothing, as the settings.
    public mutating func ended(_ operation: String, _ result: Result<any Sendable, Failure>, _ context: PageContext) -> [Effect] { [] }
}
