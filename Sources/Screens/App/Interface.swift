// The loop: draw, wait, change, do. It runs on the thread that has the terminal, the only one that touches it; everything slow
// happens on the lanes.

public import Engine
public import TerminalKit
import Vocabulary

/// The interface of one application.
public struct Interface {
    private let application: Application
    private let surroundings: Surroundings
    private let front: PageID
    private let isReadOnly: Bool
    private let opening: Opening?
    private let recent: RecentDatabases?
    private let notice: String?
    private let stopwatch: any Stopwatch
    private let lanes: Lanes
    private let pages: [(PageID, any Page)]
    private let overview: @Sendable (_ isForced: Bool) -> Overview?

    /// - Parameters:
    ///   - page: the page to begin with.
    ///   - recent: where the application is remembered as opened; nil remembers nothing.
    ///   - notice: a sentence that is shown before anything else; nil for none.
    public init(
        _ application: Application, _ surroundings: Surroundings, page: PageID = .information, isReadOnly: Bool = false,
        recent: RecentDatabases? = nil, notice: String? = nil
    ) {
        let reader = OverviewReader(application, surroundings)
        self.init(
            application, surroundings, page: page, isReadOnly: isReadOnly,
            opening: isReadOnly ? nil : .automaticRestore(of: application, surroundings), recent: recent, notice: notice,
            stopwatch: SteadyStopwatch(), lanes: .queues(), pages: AllPages.make(), overview: { reader.read(isForced: $0) })
    }

    init(
        _ application: Application, _ surroundings: Surroundings, page: PageID, isReadOnly: Bool, opening: Opening? = nil,
        recent: RecentDatabases? = nil, notice: String? = nil, stopwatch: any Stopwatch, lanes: Lanes, pages: [(PageID, any Page)],
        overview: @escaping @Sendable (_ isForced: Bool) -> Overview?
    ) {
        self.application = application
        self.surroundings = surroundings
        front = page
        self.isReadOnly = isReadOnly
        self.opening = opening
        self.recent = recent
        self.notice = notice
        self.stopwatch = stopwatch
        self.lanes = lanes
        self.pages = pages
        self.overview = overview
    }

    /// Runs until the person leaves or the terminal goes. A running operation is stopped first, and its clean-up is waited for.
    /// - Returns: the exit status: 0, or 128 and the signal's number.
    public func run<T: Terminal & ~Copyable>(on terminal: inout T) -> Int32 {
        let runner = JobRunner(application, lanes, terminal.waker, overview: overview)
        var model = AppModel(
            application, surroundings, pages: pages, front: front, isReadOnly: isReadOnly, opening: opening, now: stopwatch.now,
            size: terminal.size)
        if let notice { model.dialogs.append((front, Notice("Another user's database", ["This program is " + notice + "."]))) }
        // The first picture comes before anything is read, and before a damaged database is brought in order.
        draw(model, on: &terminal)
        perform(model.begin(), runner)
        if let recent {
            let path = application.data
            // A list that cannot be written is shorter next time; nothing depends on it.
            runner.forget { try? recent.remember(path) }
        }
        while true {
            draw(model, on: &terminal)
            terminal.isWorking = runner.isWorking
            let event = terminal.nextEvent(timeout: model.timeout)
            model.size = terminal.size
            perform(model.takeTime(stopwatch.now), runner)
            perform(model.handle(event), runner)
            for news in runner.takeNews() { perform(model.take(news), runner) }
            model.observe(runner.operation)
            if model.isOver { return model.exitStatus }
        }
    }  // Untested: the loop ends only by returning.

    private func draw<T: Terminal & ~Copyable>(_ model: AppModel, on terminal: inout T) {
        var frame = terminal.blankFrame()
        model.render(into: &frame)
        terminal.present(frame)
    }

    private func perform(_ commands: [Command], _ runner: JobRunner) {
        for command in commands {
            switch command {
            case .load(let page, let key, let work): runner.load(page, key, work)
            case .cancelLoad(let page, let key): runner.cancelLoad(page, key)
            case .run(let request): runner.run(request.work)
            case .stop: runner.operation?.stop()
            case .stopForeign(let operation): runner.requestStop(operation)
            case .readOverview(let isForced): runner.readOverview(isForced: isForced)
            case .stopEverything: runner.stopEverything()
            }
        }
    }
}
