// The items of an archive as a tree with check boxes. Kept flat, so that a hundred thousand attachments cost nothing but room.

import Engine
import TerminalKit

/// Folders and files of an archive, some of them checked.
struct ContentTree: Sendable, Equatable {
    enum Mark: Sendable { case none, some, all }

    struct Node: Sendable, Equatable {
        var name: String
        /// The entry name, or the folder of entry names.
        var path: String
        var depth: Int
        var isFolder: Bool
        var size: UInt64
        /// The number of files in it; 1 for a file.
        var files: Int
        /// The node after the last one inside.
        var end: Int
    }

    /// Each folder before what it holds.
    private(set) var nodes: [Node] = []
    private var isExpanded: [Bool] = []
    /// Checked files inside, by node.
    private var checked: [Int] = []
    private(set) var position = ListPosition(count: 0)
    /// The nodes whose folders are all expanded.
    private var visible: [Int] = []

    init() {}

    init(_ items: [ArchiveSummary.Item]) {
        let order = ["data": 0, "settings": 1, "structure": 2, "attachment": 3]
        let sorted = items.map { (order[$0.role] ?? 4, $0.name.split(separator: "/"), $0.size) }
            .sorted { $0.0 != $1.0 ? $0.0 < $1.0 : $0.1.lexicographicallyPrecedes($1.1, by: <) }
        var open: [Int] = []
        for (_, parts, size) in sorted {
            while let last = open.last, !(nodes[last].depth < parts.count - 1 && parts.starts(with: nodes[last].path.split(separator: "/"))) {
                nodes[last].end = nodes.count
                open.removeLast()
            }
            for depth in open.count..<parts.count {
                let isFolder = depth < parts.count - 1
                nodes.append(
                    Node(
                        name: String(parts[depth]), path: parts[...depth].joined(separator: "/"), depth: depth, isFolder: isFolder,
                        size: 0, files: 0, end: nodes.count + 1))
                if isFolder { open.append(nodes.count - 1) }
            }
            for index in open + [nodes.count - 1] {
                nodes[index].size &+= size
                nodes[index].files += 1
            }
        }
        for index in open { nodes[index].end = nodes.count }
        isExpanded = nodes.map { $0.depth == 0 && $0.files <= 20 }
        checked = nodes.map(\.files)
        show()
    }

    private mutating func show() {
        visible = []
        var index = 0
        while index < nodes.count {
            visible.append(index)
            index = nodes[index].isFolder && !isExpanded[index] ? nodes[index].end : index + 1
        }
        position.resize(count: visible.count)
    }

    func mark(_ index: Int) -> Mark { checked[index] == 0 ? .none : checked[index] == nodes[index].files ? .all : .some }

    mutating func checkAll(_ on: Bool) { set(nodes.indices, on) }

    /// Checks everything in a node, or unchecks it when everything is checked.
    mutating func toggle(_ index: Int) {
        guard nodes.indices.contains(index) else { return }
        set(index..<nodes[index].end, mark(index) != .all)
    }

    private mutating func set(_ range: Range<Int>, _ on: Bool) {
        for index in range { checked[index] = on ? nodes[index].files : 0 }
        // The folders around it: those before it that reach over it.
        for index in 0..<range.lowerBound where nodes[index].end >= range.upperBound {
            checked[index] = nodes[index..<nodes[index].end].indices.reduce(0) { $0 + (nodes[$1].isFolder ? 0 : checked[$1]) }
        }
    }

    /// The checked items in as few names as possible; empty when everything is checked. Nil when nothing is.
    var chosen: [String]? {
        if isAll { return [] }
        var names: [String] = []
        var index = 0
        while index < nodes.count {
            switch mark(index) {
            case .all: names.append(nodes[index].path)
            case .some: index += 1; continue
            case .none: break
            }
            index = nodes[index].end
        }
        return names.isEmpty ? nil : names
    }

    var isAll: Bool { nodes.indices.allSatisfy { mark($0) == .all } }

    /// Checked files and their bytes.
    var sum: (files: Int, bytes: UInt64) {
        nodes.indices.reduce(into: (0, 0)) { sum, index in
            if !nodes[index].isFolder, checked[index] > 0 { sum = (sum.0 + 1, sum.1 &+ nodes[index].size) }
        }
    }

    func holds(_ path: String) -> Bool { nodes.indices.contains { nodes[$0].path == path && checked[$0] > 0 } }

    func render(into frame: inout Frame, _ rect: Rect, isFocused: Bool) {
        frame.fill(rect)
        let rows = position.visible(rows: rect.rows)
        let bar = ScrollBar(count: visible.count, visible: rows)
        let width = rect.columns - (bar.isNeeded && rect.columns > 8 ? 1 : 0)
        for (offset, row) in rows.enumerated() {
            let node = nodes[visible[row]]
            let line = Rect(column: rect.column, row: rect.row + offset, columns: width, rows: 1)
            let isSelected = row == position.selected
            let style: Style = isSelected ? (isFocused ? .selected : .selectedIdle) : .normal
            let detail = (node.isFolder ? "\(RestoreWords.count(node.files, "file"))  " : "") + Amount.bytes(node.size)
            let left = max(0, width - CharacterWidth.of(detail) - 1)
            frame.fill(line, style: style)
            frame.write(title(visible[row], isSelected, frame.glyphs), in: Rect(column: line.column, row: line.row, columns: left, rows: 1), style: style)
            frame.write(detail, at: line.column + left + 1, line.row, style: style, limit: line.endColumn)
        }
        if width < rect.columns {
            bar.render(into: &frame, Rect(column: rect.endColumn - 1, row: rect.row, columns: 1, rows: rect.rows))
        }
    }

    private func title(_ index: Int, _ isSelected: Bool, _ glyphs: Glyphs) -> String {
        let node = nodes[index]
        let box = mark(index) == .all ? glyphs.checkOn : mark(index) == .some ? glyphs.checkMixed : " "
        let fold = node.isFolder ? "\(Character(isExpanded[index] ? glyphs.expanded : glyphs.collapsed)) " : "  "
        let pointer = isSelected ? String(Character(glyphs.pointer)) : " "
        return pointer + String(repeating: "  ", count: node.depth) + "[\(Character(box))] " + fold + node.name + (node.isFolder ? "/" : "")
    }

    /// Blank changes a box, Enter opens a folder or changes a box, left and right fold.
    mutating func handle(_ event: TerminalEvent, in rect: Rect) -> Outcome<Int> {
        switch event {
        case .key(let key):
            guard visible.indices.contains(position.selected) else { return .ignored }
            let index = visible[position.selected]
            switch key {
            case .character(" "): return changed(index)
            case .enter: return nodes[index].isFolder ? fold(index, !isExpanded[index]) : changed(index)
            case .right, "l": return fold(index, true)
            case .left, "h": return fold(index, false)
            default: return position.handle(key, rows: rect.rows) ? .handled : .ignored
            }
        case .mouse(let mouse):
            guard rect.contains(mouse.place) else { return .ignored }
            switch mouse.action {
            case .wheelUp: position.scroll(by: -3, rows: rect.rows)
            case .wheelDown: position.scroll(by: 3, rows: rect.rows)
            case .left:
                let row = position.visible(rows: rect.rows).lowerBound + mouse.place.row - rect.row
                guard visible.indices.contains(row) else { return .handled }
                position.settle(rows: rect.rows)
                position.select(row)
                let start = rect.column + 1 + 2 * nodes[visible[row]].depth
                return mouse.place.column < start + 3 ? changed(visible[row]) : fold(visible[row], !isExpanded[visible[row]])
            default: return .ignored
            }
            return .handled
        default: return .ignored
        }
    }

    private mutating func changed(_ index: Int) -> Outcome<Int> {
        toggle(index)
        return .chosen(index)
    }

    private mutating func fold(_ index: Int, _ open: Bool) -> Outcome<Int> {
        guard nodes[index].isFolder, isExpanded[index] != open else { return .handled }
        isExpanded[index] = open
        show()
        return .handled
    }
}
