// How the interface changes: an event or news go in, commands come out. Order of a key: the dialog on top alone, or the
// thermometer, then the page's actions, then the page itself, then the frame.

import Engine
import TerminalKit
import Vocabulary

extension AppModel {
    /// The first commands.
    mutating func begin() -> [Command] {
        guard let opening else { return read() }
        return [.load(front, Opening.key) { try opening.isNeeded($0) }]
    }

    /// The overview, and whatever the page in front wants to read.
    mutating func read() -> [Command] { [.readOverview(isForced: true)] + appear(front, nil) }

    mutating func handle(_ event: TerminalEvent) -> [Command] {
        switch event {
        case .key(let key):
            message = nil
            return handle(key)
        case .mouse(let mouse):
            if mouse.action == .left { message = nil }
            return handle(mouse)
        case .resized(let size):
            self.size = size
            let context = context
            return apply(withPage(front) { $0.resized(context) } ?? [], from: front)
        case .closed(let closing):
            guard case .closed = leaving else {
                leaving = .closed(closing)
                waiting = nil
                if own != nil { shown = .own }
                return [.stopEverything]
            }
            return []
        case .woken, .timedOut:
            return []
        }
    }

    // MARK: Keys

    private mutating func handle(_ key: Key) -> [Command] {
        if waiting != nil || !dialogs.isEmpty { return handleOnTop(.key(key)) }
        if shown != .none, let commands = handleThermometer(.key(key)) { return commands }
        if focus == .column, let commands = handleColumn(key) { return commands }
        let context = context
        switch pages[front]?.actions(context).answer(to: key) {
        case .perform(let action): return perform(action)
        case .refused(let reason): return refuse(reason)
        case nil: break
        }
        let rect = layout.page
        if let effects = withPage(front, { $0.handle(.key(key), in: rect, context) }) ?? nil { return apply(effects, from: front) }
        switch frameActions().answer(to: key) {
        case .perform(let action): return perform(action)
        case .refused(let reason): return refuse(reason)
        case nil: break
        }
        if key == .tab || key == .backTab, layout.column != nil { focus = .column }
        return []
    }

    /// The pages at the left: moving shows a page at once. Other keys are for the page.
    private mutating func handleColumn(_ key: Key) -> [Command]? {
        switch key {
        case .up, "k": return goTo(step: -1)
        case .down, "j": return goTo(step: 1)
        case .home: return order.first.map { go(to: $0) } ?? []
        case .end: return order.last.map { go(to: $0) } ?? []
        case .enter, .right, .tab, .backTab, .escape:
            focus = .page
            return []
        default:
            return nil
        }
    }

    private mutating func refuse(_ reason: String) -> [Command] {
        message = (reason, .warning)
        return []
    }

    private mutating func perform(_ action: String) -> [Command] {
        let context = context
        let effects = withPage(front) { $0.perform(action, context) } ?? []
        return apply(effects, from: front)
    }

    private mutating func perform(_ action: FrameAction) -> [Command] {
        switch action {
        case .page(let action): return perform(action)
        case .help:
            dialogs.append((front, Help("Keys on the page \(front.title)", allActions())))
            return []
        case .running:
            shown = own != nil ? .own : .foreign
            return []
        case .look: return [.readOverview(isForced: true)]
        case .wide:
            isWide.toggle()
            focus = .page
            return []
        case .previous: return goTo(step: -1)
        case .next: return goTo(step: 1)
        case .goTo(let page): return go(to: page)
        case .quit: return askToQuit()
        }
    }

    private mutating func askToQuit() -> [Command] {
        guard let own else {
            leaving = .asked
            return [.stopEverything]
        }
        dialogs.append(
            (
                front,
                Confirmation(
                    "Quit", ["\(own.request.title) is running. Leaving the program stops it first.", own.request.stopLeaves],
                    confirm: "Stop it and quit", effects: [.quit])
            ))
        return []
    }

    // MARK: What is on top

    private mutating func handleOnTop(_ event: TerminalEvent) -> [Command] {
        if var waiting {
            switch waiting.box.handle(event, in: size.rect) {
            case .chosen, .cancelled: return cancelWaiting()
            case .handled, .ignored: self.waiting = waiting
            }
            return []
        }
        guard var top = dialogs.popLast() else { return [] }
        let answer = top.dialog.handle(event, in: size, context)
        switch answer {
        case .stay:
            dialogs.append(top)
            return []
        case .effects(let effects):
            dialogs.append(top)
            return apply(effects, from: top.page)
        case .close(let effects):
            return apply(effects, from: top.page)
        }
    }

    /// Nil when the key is for what lies behind: any key keeps working while something runs.
    private mutating func handleThermometer(_ event: TerminalEvent) -> [Command]? {
        guard let reading = shownReading else { return nil }
        switch thermometer.handle(event, reading, in: size.rect) {
        case .chosen(.stop): return stopShown()
        case .chosen(.hide), .cancelled: shown = .none
        case .handled: break
        case .ignored: return nil
        }
        return []
    }

    private mutating func stopShown() -> [Command] {
        switch shown {
        case .own:
            own?.isStopping = true
            return [.stop]
        case .foreign:
            foreign?.isStopping = true
            return foreign.map { [.stopForeign($0.operation)] } ?? []
        case .none: return []
        }
    }

    // MARK: Mouse

    private mutating func handle(_ mouse: MouseEvent) -> [Command] {
        let layout = layout
        if layout.footer.contains(mouse.place) {
            guard mouse.action == .left else { return [] }
            let table = footerActions()
            guard let answer = table.answer(toClickAt: mouse.place, footer: layout.footer) else { return [] }
            switch answer {
            case .refused(let reason): return refuse(reason)
            case .perform(let action):
                // On top of the page a click on the footer is its key.
                guard waiting != nil || !dialogs.isEmpty || shown != .none else { return perform(action) }
                return table[action]?.keys.first.map { handle($0) } ?? []
            }
        }
        if waiting != nil || !dialogs.isEmpty { return handleOnTop(.mouse(mouse)) }
        if shown != .none, let commands = handleThermometer(.mouse(mouse)) { return commands }
        if let page = pageTab(at: mouse.place) { return mouse.action == .left ? go(to: page) : [] }
        guard layout.page.contains(mouse.place) else { return [] }
        focus = .page
        let context = context
        let effects = withPage(front) { $0.handle(.mouse(mouse), in: layout.page, context) } ?? nil
        return apply(effects ?? [], from: front)
    }

    // MARK: Pages and effects

    private mutating func goTo(step: Int) -> [Command] {
        guard let index = order.firstIndex(of: front), order.indices.contains(index + step) else { return [] }
        return go(to: order[index + step])
    }

    mutating func go(to page: PageID, _ request: PageRequest? = nil) -> [Command] {
        guard order.contains(page) else { return refuse("There is no page \(page.title).") }
        shown = .none
        guard page != front || request != nil else { return [] }
        front = page
        return appear(page, request)
    }

    private mutating func appear(_ page: PageID, _ request: PageRequest?) -> [Command] {
        let context = context
        let effects = withPage(page) { $0.appear(request, context) } ?? []
        return apply(effects, from: page)
    }

    /// Does what a page wants, as far as the model itself can; the rest is returned for the loop.
    mutating func apply(_ effects: [Effect], from page: PageID) -> [Command] {
        var commands: [Command] = []
        for effect in effects {
            switch effect {
            case .message(let text, let style): message = (text, style)
            case .goTo(let target, let request): commands += go(to: target, request)
            case .load(let key, let work): commands.append(.load(page, key, work))
            case .cancelLoad(let key): commands.append(.cancelLoad(page, key))
            case .run(let request): commands += start(request, page)
            case .dialog(let dialog): dialogs.append((page, dialog))
            case .answer(let key, let value): commands += receive(page, key, .success(value))
            case .refresh: commands.append(.readOverview(isForced: true))
            case .quit:
                leaving = .asked
                waiting = nil
                if own != nil {
                    own?.isStopping = true
                    shown = .own
                }
                commands.append(.stopEverything)
            }
        }
        return commands
    }

    private mutating func receive(_ page: PageID, _ key: String, _ result: Result<any Sendable, Failure>) -> [Command] {
        let context = context
        let effects = withPage(page) { $0.receive(key, result, context) } ?? []
        return apply(effects, from: page)
    }

    // MARK: News

    mutating func take(_ news: News) -> [Command] {
        switch news {
        case .loaded(_, Opening.key, let result): return takeLook(result)
        case .loaded(let page, let key, let result): return receive(page, key, result)
        case .overview(let overview): return overview.map { take($0) } ?? []
        case .ended(let result): return ended(result)
        case .requestFailed(let failure):
            foreign?.isStopping = false
            dialogs.insert((front, Notice("Stop", failure)), at: 0)
            return []
        }
    }

    private mutating func take(_ overview: Overview) -> [Command] {
        let isFirst = self.overview == nil
        guard self.overview != overview else { return [] }
        self.overview = overview
        takeForeign(overview.running, isFirst: isFirst)
        let context = context
        let effects = withPage(front) { $0.refreshed(context) } ?? []
        return startWaiting() + apply(effects, from: front)
    }
}
