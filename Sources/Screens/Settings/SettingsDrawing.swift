// How the rows of the Settings page look: marks and words at the left, values at the right, and below what the selected one
// means.

import Engine
import TerminalKit

struct SettingsDrawing {
    let reading: SettingsReading
    let context: PageContext

    func render(_ rows: [FormRow], _ position: ListPosition, into frame: inout Frame, _ rect: Rect) {
        frame.fill(rect)
        let visible = position.visible(rows: rect.rows)
        for (offset, index) in visible.enumerated() {
            let line = Rect(column: rect.column, row: rect.row + offset, columns: max(0, rect.columns - 1), rows: 1)
            render(rows[index], isSelected: index == position.selected && rows[index].isSelectable, into: &frame, line)
        }
        ScrollBar(count: rows.count, visible: visible)
            .render(into: &frame, Rect(column: rect.endColumn - 1, row: rect.row, columns: 1, rows: rect.rows))
    }

    private func render(_ row: FormRow, isSelected: Bool, into frame: inout Frame, _ line: Rect) {
        let style: Style = isSelected ? .selected : context.isReadOnly ? .disabled : .normal
        let mark = isSelected ? String(Character(frame.glyphs.pointer)) : " "
        switch row {
        case .blank: return
        case .heading(let title): frame.write(title, in: line, style: .title)
        case .fact(let fact): render(fact, into: &frame, line)
        case .setting(let key, let title):
            if BackupSettings.key(key)?.form == .toggle {
                write("\(mark)\(box(reading.isOn(key), frame)) \(title)", key, "", style, into: &frame, line)
            } else {
                write("\(mark)    \(title)", key, value(key), style, into: &frame, line)
            }
        case .day(let day):
            let (save, hour) = ("Scheduler/Weekly/\(day.name)/Save", "Scheduler/Weekly/\(day.name)/Hour")
            write("\(mark)\(box(reading.isOn(save), frame)) \(day.name)", save, reading.time(hour), style, into: &frame, line)
        case .item(let key, let index):
            let texts = reading.texts(key)
            frame.fill(line, style: style)
            let path = TextFitting.fitPath(texts.indices.contains(index) ? texts[index] : "", columns: line.columns - 5, ellipsis: frame.glyphs.ellipsis)
            frame.write("\(mark)    \(path)", in: line, style: style)
        case .add(_, let title):
            frame.fill(line, style: style)
            frame.write("\(mark)    \(title)", in: line, style: isSelected ? style : .hint)
        }
    }

    /// A row with its value behind the words, and a star where it is not the default.
    private func write(_ words: String, _ key: String, _ value: String, _ style: Style, into frame: inout Frame, _ line: Rect) {
        frame.fill(line, style: style)
        // A path gets what there is; other values stand under each other.
        let left = BackupSettings.key(key)?.form == .path ? CharacterWidth.of(words) + 2 : min(44, max(20, line.columns * 3 / 5))
        let star = reading.isDefault(key) ? "" : " *"
        guard !value.isEmpty else {
            frame.write(words + star, in: line, style: style)
            return
        }
        frame.write(words, in: Rect(column: line.column, row: line.row, columns: min(left, line.columns), rows: 1), style: style)
        let place = Rect(column: line.column + left, row: line.row, columns: max(0, line.columns - left), rows: 1)
        let shown = TextFitting.fitPath(value, columns: max(0, place.columns - star.count), ellipsis: frame.glyphs.ellipsis)
        frame.write(shown + star, in: place, style: style)
    }

    private func box(_ isOn: Bool, _ frame: Frame) -> String { "[\(isOn ? String(Character(frame.glyphs.checkOn)) : " ")]" }

    private func value(_ key: String) -> String {
        if key == "General/DestinationFolder" { return reading.destination }
        return BackupSettings.key(key)?.form == .time ? reading.time(key) : reading.text(key)
    }

    private func render(_ fact: SettingsFact, into frame: inout Frame, _ line: Rect) {
        switch fact {
        case .next: AutomationWords.label(context.overview?.automation, now: context.now).render(into: &frame, line)
        case .disk:
            guard let free = reading.free, let capacity = reading.capacity else { return frame.write("     Space unknown", in: line, style: .hint) }
            let used = capacity - min(free, capacity)
            frame.write("     \(Quantity.bytes(used)) used, \(Quantity.bytes(free)) free", in: line, style: .hint)
        case .log:
            let log = context.overview?.log
            let path = log?.path ?? (log?.startsWithNextBackup == true ? "none: it starts with the next backup" : "none: 'msc log start' begins one")
            frame.write("     " + TextFitting.fitPath(path, columns: line.columns - 5, ellipsis: frame.glyphs.ellipsis), in: line, style: .hint)
        }
    }

    /// What the selected row means, and the command line that sets it as it is now.
    func renderHint(_ row: FormRow, into frame: inout Frame, _ rect: Rect) {
        guard let key = row.key, let setting = BackupSettings.key(key) else { return }
        let texts = reading.texts(key)
        let command = SettingsChange(key: key, texts: texts).command(context.application)
        let lines = TextFitting.wrap("$ \(command)", columns: max(1, rect.columns)).prefix(max(1, rect.rows / 2))
        let meaning = Rect(column: rect.column, row: rect.row, columns: rect.columns, rows: max(0, rect.rows - lines.count))
        frame.writeWrapped(context.isReadOnly ? "The program was started with --readonly." : setting.meaning, in: meaning, style: .hint)
        for (offset, line) in lines.enumerated() { frame.write(line, in: rect.line(rect.rows - lines.count + offset), style: .key) }
    }
}

/// How automatic backup stands, in the words that several pages share.
enum AutomationWords {
    static func label(_ status: AutomationStatus?, now: Int64) -> Label {
        guard let status else { return Label("Next", "reading", style: .hint) }
        if let since = status.suspendedSince {
            let time = (try? Timestamp.parse(since)).map(Timestamp.local) ?? since
            return Label("Next", "SUSPENDED (error 1401) since \(time), after \(status.failures) failed attempts", style: .error)
        }
        guard let next = status.next, let time = try? Timestamp.parse(next) else {
            return Label("Next", "no automatic backup", style: .hint)
        }
        let when = time <= now ? "due now" : String(Timestamp.local(time))
        guard status.watched else { return Label("Next", "\(when), but no 'msc watch' runs", style: .warning) }
        return Label("Next", "\(when), \(status.schedule)", style: status.failures > 0 ? .warning : .normal)
    }
}
