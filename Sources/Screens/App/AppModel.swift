// The whole interface as a value: pages, dialogs, what runs, what is shown. It changes in Update.swift and is drawn in
// AppModel+Frame.swift; what it wants done it says as commands. It knows no thread and no terminal.

import Engine
import TerminalKit
import Vocabulary

/// What the model wants the loop to do.
enum Command: Sendable {
    case load(PageID, String, @Sendable (Job) throws -> any Sendable)
    case cancelLoad(PageID, String)
    case run(OperationRequest)
    case stop
    case stopForeign(RunningOperation)
    case readOverview(isForced: Bool)
    /// Stops everything.
    case stopEverything
}

struct AppModel {
    /// An operation of this program.
    struct Own {
        var request: OperationRequest
        var page: PageID
        var course: Course
        var isStopping = false
    }

    /// An operation of another process.
    struct Foreign {
        var operation: RunningOperation
        var course: Course
        var isStopping = false
    }

    /// A change of the data that waits for the end of a backup.
    struct Waiting {
        var request: OperationRequest
        var page: PageID
        var box: TerminalKit.Dialog<String>
    }

    enum Shown { case none, own, foreign }
    enum Focus { case page, column }

    /// The way out.
    enum Leaving: Equatable {
        case no
        /// As soon as the running operation has ended.
        case asked
        case closed(Closing)
    }

    let application: Application
    let surroundings: Surroundings
    let isReadOnly: Bool
    /// Comes before everything else; nil when nothing does.
    let opening: Opening?
    /// The pages that exist, in the order of the column.
    let order: [PageID]
    var pages: [PageID: any Page]
    var front: PageID
    var focus = Focus.page
    /// The page column is put aside, for more room.
    var isWide = false
    /// The newest last; each with the page that its effects belong to.
    var dialogs: [(page: PageID, dialog: any Dialog)] = []
    var message: (text: String, style: Style)?
    var overview: Overview?
    var own: Own?
    var foreign: Foreign?
    var waiting: Waiting?
    var shown = Shown.none
    let thermometer = Thermometer(canBeHidden: true)
    var leaving = Leaving.no
    /// Time on the loop's clock.
    var now: Duration
    var size: GridSize
    private(set) var nextLook: Duration

    /// How often files are looked at for changes, and how often while another process shows its progress in one.
    static let calmInterval = Duration.seconds(2)
    static let busyInterval = Duration.milliseconds(250)
    /// How often the progress of an own operation is read.
    static let progressInterval = Duration.milliseconds(50)

    init(
        _ application: Application, _ surroundings: Surroundings, pages: [(PageID, any Page)], front: PageID, isReadOnly: Bool,
        opening: Opening? = nil, now: Duration, size: GridSize
    ) {
        self.application = application
        self.surroundings = surroundings
        self.isReadOnly = isReadOnly
        self.opening = opening
        order = pages.map(\.0)
        self.pages = Dictionary(uniqueKeysWithValues: pages)
        self.front = order.contains(front) ? front : order.first ?? front
        self.now = now
        self.size = size
        nextLook = now + AppModel.calmInterval
    }

    var context: PageContext {
        PageContext(
            application: application, surroundings: surroundings, overview: overview, isReadOnly: isReadOnly, isBusy: own != nil,
            changesMayWait: own?.page == .backup && waiting == nil, room: layout.page.size, now: surroundings.now())
    }

    /// How long the loop may wait for an event.
    var timeout: Duration {
        let look = max(.zero, nextLook - now)
        return own != nil || leaving != .no ? min(AppModel.progressInterval, look) : look
    }

    /// Nothing more is to be done: the loop ends.
    var isOver: Bool { leaving != .no && own == nil || leaving == .closed(.endOfScript) }

    var exitStatus: Int32 {
        if case .closed(let closing) = leaving { closing.exitStatus } else { 0 }
    }

    /// Changes a page. It is taken out of the dictionary meanwhile, so that its contents are not copied.
    mutating func withPage<Result>(_ id: PageID, _ body: (inout any Page) -> Result) -> Result? {
        guard var page = pages.removeValue(forKey: id) else { return nil }
        defer { pages[id] = page }
        return body(&page)
    }

    /// Commands that time alone brings about.
    mutating func takeTime(_ now: Duration) -> [Command] {
        self.now = now
        guard now >= nextLook else { return [] }
        nextLook = now + (foreign != nil ? AppModel.busyInterval : AppModel.calmInterval)
        return [.readOverview(isForced: false)]
    }

    /// Takes a reading of the own operation.
    mutating func observe(_ job: Job?) {
        guard let job, own != nil else { return }
        own?.course.observe(job.progress, changes: job.changeCount, at: now)
        if job.isStopped { own?.isStopping = true }
    }

    mutating func look(within time: Duration) { nextLook = min(nextLook, now + time) }
}
