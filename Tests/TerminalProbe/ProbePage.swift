// The one page of the probe: title, wide characters, a table, what happened last.

import TerminalKit

struct ProbePage {
    var table = Table(
        [Column("number", "Number", width: .fixed(9), align: .right), Column("text", "Text", width: .flexible(minimum: 10))],
        count: 1_000_000)
    var last: TerminalEvent?
    var woken = 0

    private func parts(_ rect: Rect) -> [Rect] { rect.split(rows: .fixed(1), .fixed(1), .flexible(minimum: 3), .fixed(1)) }

    func render(into frame: inout Frame) {
        let parts = parts(frame.rect)
        frame.write("Probe \(frame.size.columns)x\(frame.size.rows)", in: parts[0], style: .title)
        frame.write("größe 日本語 e\u{301}x \u{1F600}| \u{1B}[31m", in: parts[1], style: .warning)
        table.render(into: &frame, parts[2], isFocused: true, source: ClosureRows { range in
            range.map { TableRow(["number": "\($0 + 1)", "text": "row \($0 + 1) of the log, which is as long as a line may be"]) }
        })
        frame.write(last.map(describe) ?? "start", in: parts[3], style: .status)
    }

    mutating func handle(_ event: TerminalEvent, in rect: Rect) { _ = table.handle(event, in: parts(rect)[2]) }

    private func describe(_ event: TerminalEvent) -> String {
        switch event {
        case .key(let key): "key \(key.name)"
        case .mouse(let mouse): "mouse \(mouse.action) \(mouse.place.column),\(mouse.place.row)"
        case .resized(let size): "resized \(size.columns)x\(size.rows)"
        case .woken: "woken \(woken > 0)"
        case .timedOut: "timed out"
        case .closed: "closed"
        }
    }
}
