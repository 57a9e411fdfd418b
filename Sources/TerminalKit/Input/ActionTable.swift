// A key is an action, and an action has one row. Dispatch, footer and help all read the same rows, so they cannot differ.

/// Something that can be done on a page.
public struct ActionRow<ID: Hashable & Sendable>: Hashable, Sendable {
    public var id: ID
    /// The keys that do it; the first is the one that is shown.
    public var keys: [Key]
    /// One or two words for the footer.
    public var title: String
    /// A sentence for the help overlay.
    public var help: String
    /// Why it cannot be done now, as a sentence; nil when it can.
    public var disabledReason: String?
    /// False keeps the row out of the footer (it stays in the help).
    public var isInFooter: Bool

    public init(
        _ id: ID, keys: [Key], title: String, help: String, disabledReason: String? = nil, isInFooter: Bool = true
    ) {
        self.id = id
        self.keys = keys
        self.title = title
        self.help = help
        self.disabledReason = disabledReason
        self.isInFooter = isInFooter
    }
}

/// The actions of a page in the order in which they are shown.
public struct ActionTable<ID: Hashable & Sendable>: Hashable, Sendable {
    public enum Answer: Hashable, Sendable {
        case perform(ID)
        /// The key is known, but not now: show the reason.
        case refused(String)
    }

    public var rows: [ActionRow<ID>]

    public init(_ rows: [ActionRow<ID>]) { self.rows = rows }

    public subscript(id: ID) -> ActionRow<ID>? { rows.first { $0.id == id } }

    /// What a key means here; nil when it means nothing.
    public func answer(to key: Key) -> Answer? {
        guard let row = rows.first(where: { $0.keys.contains(key) }) else { return nil }
        if let reason = row.disabledReason { return .refused(reason) }
        return .perform(row.id)
    }

    /// The rows of the footer with the columns where each begins, as many as fit; a click is answered by the same places. What Esc
    /// does is shown before all else: nobody should have to guess the way out.
    public func footer(columns: Int) -> [(row: ActionRow<ID>, columns: Range<Int>)] {
        func width(_ row: ActionRow<ID>) -> Int { (row.keys.first.map { CharacterWidth.of($0.name) } ?? 0) + 1 + CharacterWidth.of(row.title) }
        let wanted = rows.filter { $0.isInFooter && !$0.keys.isEmpty }
        let exit = wanted.first { $0.keys.contains(.escape) }
        var places: [(row: ActionRow<ID>, columns: Range<Int>)] = []
        var start = 0
        var kept = exit.map { width($0) + 2 } ?? 0
        for row in wanted {
            let isExit = row.id == exit?.id
            if isExit { kept = 0 }
            guard start + width(row) + kept <= columns else {
                if kept == 0 { break }
                continue
            }
            places.append((row, start..<start + width(row)))
            start += width(row) + 2
        }
        return places
    }

    /// Draws the footer into the first row of a rectangle.
    public func renderFooter(into frame: inout Frame, _ rect: Rect) {
        frame.fill(rect.line(0), style: .status)
        for (row, columns) in footer(columns: rect.columns) {
            guard let key = row.keys.first else { continue }
            let isDisabled = row.disabledReason != nil
            let start = rect.column + columns.lowerBound
            let next = frame.write(
                key.name, at: start, rect.row, style: isDisabled ? .disabled : .key, limit: rect.endColumn)
            frame.write(
                row.title, at: next + 1, rect.row, style: isDisabled ? .disabled : .status, limit: rect.endColumn)
        }
    }

    /// What a click on the footer means.
    public func answer(toClickAt place: Point, footer rect: Rect) -> Answer? {
        guard rect.line(0).contains(place) else { return nil }
        let hit = footer(columns: rect.columns).first { $0.columns.contains(place.column - rect.column) }
        guard let row = hit?.row else { return nil }
        if let reason = row.disabledReason { return .refused(reason) }
        return .perform(row.id)
    }
}
