// A tree whose nodes can be ticked: the contents of an archive.

/// A node and what is below it.
public struct TreeNode<ID: Hashable & Sendable>: Hashable, Sendable {
    public var id: ID
    public var title: String
    /// At the right edge: a size, a count.
    public var detail: String
    public var children: [TreeNode]
    /// A node that cannot be ticked says why.
    public var disabledReason: String?

    public init(_ id: ID, _ title: String, detail: String = "", children: [TreeNode] = [], disabledReason: String? = nil) {
        self.id = id
        self.title = title
        self.detail = detail
        self.children = children
        self.disabledReason = disabledReason
    }
}

/// Nodes, which of them are open, and which are ticked. Ticks belong to leaves; a branch shows what its leaves say.
public struct Tree<ID: Hashable & Sendable>: Hashable, Sendable {
    public enum Tick: Hashable, Sendable { case off, on, mixed }

    public private(set) var roots: [TreeNode<ID>]
    public private(set) var ticked: Set<ID>
    public private(set) var expanded: Set<ID>
    public private(set) var position: ListPosition
    private var lines: [Line] = []

    private struct Line: Hashable, Sendable {
        var node: TreeNode<ID>
        var depth: Int
        var parent: Int?
    }

    /// Everything is ticked and only the first level is shown, unless said otherwise.
    public init(_ roots: [TreeNode<ID>], ticked: Set<ID>? = nil, expanded: Set<ID> = []) {
        self.roots = roots
        self.expanded = expanded
        self.ticked = []
        position = ListPosition(count: 0)
        self.ticked = ticked ?? Set(roots.flatMap { Tree.leaves($0) })
        layOut()
    }

    public var selected: ID? { lines.isEmpty ? nil : lines[position.selected].node.id }

    public mutating func checkAll() { ticked = Set(roots.flatMap { Tree.leaves($0) }) }

    public mutating func uncheckAll() { ticked = [] }

    public func tick(_ node: TreeNode<ID>) -> Tick {
        if node.children.isEmpty { return ticked.contains(node.id) ? .on : .off }
        let ticks = Set(node.children.map { tick($0) })
        return ticks.count == 1 ? ticks.first ?? .off : .mixed
    }

    public func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool) {
        frame.fill(rect)
        let visible = position.visible(rows: rect.rows)
        let bar = ScrollBar(count: lines.count, visible: visible)
        let width = rect.columns - (bar.isNeeded && rect.columns > 8 ? 1 : 0)
        for (offset, index) in visible.enumerated() {
            let line = lines[index]
            let place = Rect(column: rect.column, row: rect.row + offset, columns: width, rows: 1)
            let isSelected = index == position.selected
            let style: Style =
                isSelected ? (isFocused ? .selected : .selectedIdle) : line.node.disabledReason != nil ? .disabled : .normal
            frame.fill(place, style: style)
            let branch =
                line.node.children.isEmpty
                ? " " : String(Character(expanded.contains(line.node.id) ? frame.glyphs.expanded : frame.glyphs.collapsed))
            let mark =
                switch tick(line.node) {
                case .off: " "
                case .on: String(Character(frame.glyphs.checkOn))
                case .mixed: String(Character(frame.glyphs.checkMixed))
                }
            let text = String(repeating: "  ", count: line.depth) + branch + "[\(mark)] " + line.node.title
            let detail = line.node.detail.isEmpty ? 0 : CharacterWidth.of(line.node.detail) + 1
            let left = width - detail >= 12 ? width - detail : width
            frame.write(text, in: Rect(column: place.column, row: place.row, columns: left, rows: 1), style: style)
            if left < width {
                frame.write(line.node.detail, at: place.column + left + 1, place.row, style: style, limit: place.endColumn)
            }
        }
        if width < rect.columns {
            bar.render(into: &frame, Rect(column: rect.endColumn - 1, row: rect.row, columns: 1, rows: rect.rows))
        }
    }

    /// Blank ticks; right opens, left closes or goes to the branch above; Enter opens and closes a branch, ticks a leaf.
    /// Chosen is the node whose tick changed.
    public mutating func handle(_ event: TerminalEvent, in rect: Rect) -> Outcome<ID> {
        switch event {
        case .mouse(let mouse):
            guard rect.contains(mouse.place) else { return .ignored }
            switch mouse.action {
            case .wheelUp: position.scroll(by: -3, rows: rect.rows)
            case .wheelDown: position.scroll(by: 3, rows: rect.rows)
            case .left: return click(mouse.place, in: rect)
            default: return .ignored
            }
            return .handled
        case .key(let key):
            guard !lines.isEmpty else { return .ignored }
            let line = lines[position.selected]
            switch key {
            case .character(" "): return toggle(line.node)
            case .enter where line.node.children.isEmpty: return toggle(line.node)
            case .enter: open(line.node, !expanded.contains(line.node.id))
            case .right, "l": open(line.node, true)
            case .left, "h":
                if expanded.contains(line.node.id) { open(line.node, false) } else if let parent = line.parent { position.select(parent) }
            default: return position.handle(key, rows: rect.rows) ? .handled : .ignored
            }
            return .handled
        default: return .ignored
        }
    }

    private mutating func click(_ place: Point, in rect: Rect) -> Outcome<ID> {
        let visible = position.visible(rows: rect.rows)
        let index = visible.lowerBound + place.row - rect.row
        guard visible.contains(index) else { return .handled }
        position.settle(rows: rect.rows)
        position.select(index)
        let line = lines[index]
        let column = place.column - rect.column - 2 * line.depth
        if column == 0, !line.node.children.isEmpty { open(line.node, !expanded.contains(line.node.id)) }
        return column >= 1 && column <= 3 ? toggle(line.node) : .handled
    }

    private mutating func toggle(_ node: TreeNode<ID>) -> Outcome<ID> {
        guard node.disabledReason == nil else { return .handled }
        let leaves = Tree.leaves(node)
        guard !leaves.isEmpty else { return .handled }
        if tick(node) == .on { ticked.subtract(leaves) } else { ticked.formUnion(leaves) }
        return .chosen(node.id)
    }

    private mutating func open(_ node: TreeNode<ID>, _ isOpen: Bool) {
        guard !node.children.isEmpty else { return }
        if isOpen { expanded.insert(node.id) } else { expanded.remove(node.id) }
        layOut()
    }

    private mutating func layOut() {
        var result: [Line] = []
        // A stack instead of recursion: the depth of a tree comes from a file.
        var waiting = roots.reversed().map { Line(node: $0, depth: 0, parent: nil) }
        while let line = waiting.popLast() {
            let place = result.count
            result.append(line)
            guard expanded.contains(line.node.id) else { continue }
            waiting += line.node.children.reversed().map { Line(node: $0, depth: line.depth + 1, parent: place) }
        }
        lines = result
        position.resize(count: result.count)
    }

    /// The leaves below a node that can be ticked.
    private static func leaves(_ node: TreeNode<ID>) -> [ID] {
        var result: [ID] = []
        var waiting = [node]
        while let next = waiting.popLast() {
            guard next.disabledReason == nil else { continue }
            if next.children.isEmpty { result.append(next.id) } else { waiting += next.children }
        }
        return result
    }
}
