// How the list of operations looks: only rows that were read, the others as waiting.

import Engine
import TerminalKit

extension OperationListing {
    var sortMark: SortOrder {
        switch order {
        case .byOperation(let isDescending): SortOrder(column: OperationColumn.operation.rawValue, isDescending: isDescending)
        case .sorted(let column, let isDescending, _): SortOrder(column: column.rawValue, isDescending: isDescending)
        }
    }

    /// Draws the list. `style` says how a row is drawn that is not like the others.
    func render(into frame: inout Frame, _ rect: Rect, style: @escaping (OperationRow) -> (Style, Character?) = { _ in (.normal, nil) }) {
        var table = table
        table.columns = columns.columns(width: rect.columns - 2)
        table.sort = sortMark
        table.emptyText = emptyText
        let places = matches?.places ?? 0..<0
        let shown = table.columns.shown.compactMap { OperationColumn(rawValue: $0.id) }
        table.render(
            into: &frame, rect, isFocused: true,
            source: ClosureRows { range in
                range.map { index in
                    guard let place = order.place(at: index, in: places) else { return .pending }
                    if damaged.contains(place) {
                        return TableRow([OperationColumn.action.rawValue: "damaged", OperationColumn.values.rawValue: "this operation cannot be read"], style: .error, mark: "!")
                    }
                    guard let row = rows[place] else { return .pending }
                    let (style, mark) = style(row)
                    return TableRow(
                        Dictionary(uniqueKeysWithValues: shown.map { ($0.rawValue, $0.text(row)) }), style: style, mark: mark)
                }
            })
    }

    private var emptyText: String {
        switch state {
        case .closed, .opening: "Opening the log…"
        case .failed: ""
        case .open: matches?.isComplete == false ? "Looking…" : query == ActivityQuery() ? "The log holds no operations." : "No operation meets the filter."
        }
    }
}
