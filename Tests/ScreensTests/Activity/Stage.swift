// Plays a page: does its effects at once, as the loop does them in its own time, and keeps what it asked for.

import Engine
import TerminalKit
import Testing
import Vocabulary

@testable import Screens

/// A page that shows operations.
protocol PageWithOperations: Page {
    var view: OperationView { get }
}

extension ActivityPage: PageWithOperations {}
extension RollbackPage: PageWithOperations {}

final class Stage<P: PageWithOperations> {
    var page: P
    let log: SampleLog
    var context: PageContext
    let size: GridSize
    /// What dialogs stand on.
    var screen = GridSize(columns: 80, rows: 24)
    private(set) var dialogs: [any Screens.Dialog] = []
    private(set) var message = ""
    private(set) var gone: (PageID, PageRequest?)?
    private(set) var runs: [OperationRequest] = []
    private(set) var loads: [String] = []
    /// What bringing the log up to date failed with.
    var problem: Failure?
    /// Readings with these keys are kept back, as if they took long.
    var held: Set<String> = []
    private var heldLoads: [(key: String, work: @Sendable (Job) throws -> any Sendable)] = []
    /// What readings of other keys bring, in place of what they would do.
    var answers: [String: Result<any Sendable, Failure>] = [:]

    /// - Parameter size: of the page: a screen of 80 by 24 leaves it 59 by 21.
    init(_ page: P, _ log: SampleLog, columns: Int = 59, rows: Int = 21, context: PageContext = Scene.context(), request: PageRequest? = nil) {
        self.page = page
        self.log = log
        self.context = context
        size = GridSize(columns: columns, rows: rows)
        perform(self.page.appear(request, context))
    }

    func perform(_ effects: [Effect]) {
        var queue = effects
        var count = 0
        while !queue.isEmpty, count < 5000 {
            count += 1
            switch queue.removeFirst() {
            case .message(let text, _): message = text
            case .goTo(let page, let request): gone = (page, request)
            case .load(let key, let work):
                loads.append(key)
                if held.contains(key) { heldLoads.append((key, work)) } else { queue += page.receive(key, run(key, work), context) }
            case .cancelLoad(let key): heldLoads.removeAll { $0.key == key }
            case .run(let request): runs.append(request)
            case .dialog(let dialog): dialogs.append(dialog)
            case .answer(let key, let value): queue += page.receive(key, .success(value), context)
            case .refresh, .quit: break
            }
        }
        #expect(count < 5000, "the page never comes to rest")
    }

    /// Lets the readings come that were kept back.
    func release() {
        held = []
        let loads = heldLoads
        heldLoads = []
        for load in loads { perform(page.receive(load.key, run(load.key, load.work), context)) }
    }

    /// The application's log is the sample; nothing is drained.
    private func run(_ key: String, _ work: @Sendable (Job) throws -> any Sendable) -> Result<any Sendable, Failure> {
        if let answer = answers[key] { return answer }
        do {
            if page.view.listing.source == .application, key == "list.open" {
                let path = log.path
                try page.view.listing.browser.open { try OperationBrowser([path]) }
                return .success(ListNews.opened(try page.view.listing.browser.use { LogExtent($0) }))
            }
            if page.view.listing.source == .application, key == "list.update" {
                let extent = try page.view.listing.browser.use { browser in
                    _ = try browser.refresh()
                    return LogExtent(browser)
                }
                return .success(ListNews.updated(extent, problem: problem))
            }
            return .success(try work(Job()))
        } catch let failure as Failure { return .failure(failure) } catch {
            Issue.record(error)
            return .failure(Failure(.readFailed, "\(error)", hint: ""))
        }
    }

    /// Types keys: to the dialog on top, or to the page as the loop does.
    func type(_ keys: Key...) { for key in keys { press(key) } }
    func type(_ text: String) { for character in text { press(.character(character)) } }

    /// Gives the dialog on top an event; false when there is none.
    private func sendToDialog(_ event: TerminalEvent) -> Bool {
        guard var top = dialogs.popLast() else { return false }
        switch top.handle(event, in: screen, context) {
        case .stay: dialogs.append(top)
        case .close(let effects): perform(effects)
        case .effects(let effects):
            dialogs.append(top)
            perform(effects)
        }
        return true
    }

    private func press(_ key: Key) {
        message = ""
        if sendToDialog(.key(key)) { return }
        switch page.actions(context).answer(to: key) {
        case .perform(let action): perform(page.perform(action, context))
        case .refused(let reason): message = reason
        case nil: perform(page.handle(.key(key), in: size.rect, context) ?? [])
        }
    }

    func click(_ column: Int, _ row: Int) {
        perform(page.handle(.mouse(MouseEvent(.left, at: TerminalKit.Point(column: column, row: row))), in: size.rect, context) ?? [])
    }

    /// Uses the mouse on the first place where a text is seen: in the dialog on top, or on the page.
    func click(on text: String, _ action: MouseEvent.Action = .left, at location: SourceLocation = #_sourceLocation) throws {
        message = ""
        let event = try Mouse.event(action, on: text, in: dialogs.isEmpty ? picture : dialogPicture, at: location)
        if !sendToDialog(event) { perform(page.handle(event, in: size.rect, context) ?? []) }
    }

    var picture: String { Scene.picture(page, columns: size.columns, rows: size.rows, context) }
    var lines: [String] { picture.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }

    /// The dialog on top, over an empty screen.
    var dialogPicture: String {
        var frame = Frame(screen)
        dialogs.last?.render(into: &frame, context)
        return frame.text
    }

    var selected: UInt64? { page.view.selected?.number }
}
