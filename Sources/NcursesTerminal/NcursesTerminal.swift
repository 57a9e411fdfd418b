// The real terminal. One thread owns it; only its waker may be used from others. ncurses finds out what changed on the
// screen; this file turns frames into cells for it, and descriptors, signals and time into events.

import CNcurses
import Glibc
public import TerminalKit

/// The terminal of this process, taken over when made and given back as it was found when it goes out of scope, when the
/// process exits and when it crashes.
public struct NcursesTerminal: Terminal, ~Copyable {
    public private(set) var size: GridSize
    public let glyphs: Glyphs
    public var isWorking = false
    public var waker: Waker { Waker { cnc_wake() } }

    private let palette: Palette
    private let isAscii: Bool
    private let reportsIdle: Bool
    private let clock = ContinuousClock()
    /// What the screen shows; nil when it must be drawn whole.
    private var shown: Frame?
    private var buffer: [cnc_cell] = []
    /// Input behind an escape that turned out not to belong to it.
    private var kept: cnc_input?
    private var isHungUp = false
    private var wakeIsDue = false
    private var nextWake: ContinuousClock.Instant
    private var emptyReads = 0
    private var idle = IdleReport()

    /// Milliseconds after which an escape is a key of its own: enough for the rest of a sequence to arrive over a slow
    /// connection, and not felt by a person.
    private static let escapeDelay: Int32 = 25
    private static let wakeInterval = Duration.milliseconds(50)

    /// Takes the terminal over. When it throws, the terminal was not touched.
    public init(_ options: Options = .fromEnvironment()) throws(Unavailable) {
        isAscii = !cnc_use_utf8() || options.ascii
        glyphs = isAscii ? .ascii : .unicode
        switch cnc_start(options.mouse, NcursesTerminal.escapeDelay) {
        case CNC_STARTED: break
        case CNC_NOT_A_TERMINAL: throw .notATerminal
        case CNC_UNKNOWN_TERMINAL: throw .unknownTerminal(String(cString: cnc_terminal_name()))
        case CNC_POOR_TERMINAL: throw .poorTerminal(String(cString: cnc_terminal_name()))
        case CNC_BUSY: throw .alreadyInUse
        default: throw .noResources
        }
        palette = Palette(colour: options.colour)
        reportsIdle = options.reportsIdle
        size = NcursesTerminal.currentSize()
        nextWake = clock.now
    }

    deinit { cnc_stop() }

    private static func currentSize() -> GridSize {
        var columns: Int32 = 0
        var rows: Int32 = 0
        cnc_size(&columns, &rows)
        return GridSize(columns: Int(columns), rows: Int(rows))
    }

    // MARK: Showing

    public mutating func present(_ frame: borrowing Frame) {
        guard !isHungUp else { return }
        let isWhole = shown == nil || shown?.size != frame.size
        for row in 0..<min(frame.size.rows, size.rows) {
            let cells = frame.row(row)
            if !isWhole, let before = shown?.row(row), before == cells { continue }
            draw(cells, row: row)
        }
        if let cursor = frame.cursor, size.rect.contains(cursor) {
            cnc_refresh(Int32(cursor.row), Int32(cursor.column))
        } else {
            cnc_refresh(0, -1)
        }
        shown = copy frame
    }

    private mutating func draw(_ cells: ArraySlice<Cell>, row: Int) {
        buffer.removeAll(keepingCapacity: true)
        for cell in cells {
            var out = cnc_cell()
            let look = palette.look(cell.style)
            out.attributes = look.attributes
            out.pair = look.pair
            out.width = cell.width
            if isAscii {
                out.scalars.0 = AsciiFallback.scalar(for: cell.scalar).value
                // The replacement of a wide character is one column wide; a blank takes the other.
                if cell.width == 2 { out.width = 1 }
                if cell.width == 0 {
                    out.width = 1
                    out.scalars.0 = 0x20
                }
            } else {
                out.scalars = (cell.scalar.value, cell.marks.0, cell.marks.1, cell.marks.2)
            }
            buffer.append(out)
        }
        cnc_draw_row(Int32(row), buffer, Int32(buffer.count))
    }

    // MARK: Waiting

    /// After a hang-up only wake-ups and time are waited for, so that a program can see its work end; without a timeout it
    /// is reported again.
    public mutating func nextEvent(timeout: Duration?) -> TerminalEvent {
        let deadline = timeout.map { clock.now + $0 }
        var hasWaited = false
        while true {
            if let event = signalEvent() ?? inputEvent() { return event }
            if isHungUp, timeout == nil { return .closed(.hangUp) }
            if cnc_take_wake() { wakeIsDue = true }
            let now = clock.now
            if wakeIsDue, now >= nextWake {
                wakeIsDue = false
                nextWake = now + NcursesTerminal.wakeInterval
                idle.wakes += 1
                return .woken
            }
            if hasWaited, let deadline, now >= deadline { return .timedOut }
            if reportsIdle, !wakeIsDue, !isWorking { idle.write() }
            let until = [deadline, wakeIsDue ? nextWake : nil].compactMap { $0 }.min()
            let ready = cnc_wait(!isHungUp, until.map { NcursesTerminal.milliseconds($0 - now) } ?? -1)
            hasWaited = true
            if ready & Int32(CNC_READY_HANG_UP) != 0 {
                isHungUp = true
                return .closed(.hangUp)
            }
            // Ready for ever with nothing to read is what some lost terminals look like.
            emptyReads = ready & Int32(CNC_READY_INPUT) != 0 ? emptyReads + 1 : 0
            // Untested: the pseudo terminals of the tests say that they are hung up.
            if emptyReads > 1000 {
                isHungUp = true
                return .closed(.hangUp)
            }
        }
    }  // Untested: the loop ends only by returning.

    /// Rounded up, so that the deadline is over when the wait is.
    private static func milliseconds(_ time: Duration) -> Int32 {
        let parts = time.components
        guard parts.seconds >= 0, parts.attoseconds >= 0 else { return 0 }
        guard parts.seconds < 2_000_000 else { return 2_000_000_000 }
        return Int32(parts.seconds * 1000 + (parts.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }

    private mutating func signalEvent() -> TerminalEvent? {
        let signals = cnc_take_signals()
        guard signals != 0 else { return nil }
        func has(_ bit: Int) -> Bool { signals & Int32(bit) != 0 }
        if has(CNC_SIGNAL_TERMINATE) { return .closed(.signal(SIGTERM)) }
        if has(CNC_SIGNAL_HANG_UP) { return .closed(.signal(SIGHUP)) }
        if has(CNC_SIGNAL_INTERRUPT) { return .closed(.signal(SIGINT)) }
        if has(CNC_SIGNAL_SUSPEND) { return suspend() }
        if has(CNC_SIGNAL_CONTINUE) {
            cnc_take_again()
        } else {
            cnc_adopt_size()
            idle.resizes += 1
        }
        return drawAgain()
    }

    private mutating func suspend() -> TerminalEvent {
        cnc_suspend()
        // The continue signal of our own stop has been answered.
        _ = cnc_take_signals()
        return drawAgain()
    }

    private mutating func drawAgain() -> TerminalEvent {
        shown = nil
        size = NcursesTerminal.currentSize()
        return .resized(size)
    }

    private mutating func inputEvent() -> TerminalEvent? {
        while !isHungUp, let input = takeInput() {
            emptyReads = 0
            idle.inputs += 1
            let place = Point(column: Int(input.column), row: Int(input.row))
            switch input.kind {
            case Int32(CNC_INPUT_MOUSE):
                if let action = NcursesTerminal.mouseAction(input.code) { return .mouse(MouseEvent(action, at: place)) }
            case Int32(CNC_INPUT_KEY):
                if let key = KeyTranslation.key(code: input.code) { return .key(key) }
            default:
                guard var key = KeyTranslation.key(character: input.code) else { continue }
                if key == .escape, let alt = altKey() { key = alt }
                // Raw mode gives these two to us; they act as people expect of any program.
                if key == .ctrl("z") { return suspend() }
                if key == .ctrl("l") {
                    cnc_take_again()
                    return drawAgain()
                }
                return .key(key)
            }
        }
        return nil
    }

    private mutating func takeInput() -> cnc_input? {
        if let kept {
            self.kept = nil
            return kept
        }
        var input = cnc_input()
        return cnc_read(&input) ? input : nil
    }

    /// What follows an escape at once belongs to it; anything else is kept for the next event.
    private mutating func altKey() -> Key? {
        var input = cnc_input()
        guard cnc_read(&input) else { return nil }
        if input.kind == Int32(CNC_INPUT_CHARACTER), let key = KeyTranslation.altKey(character: input.code) {
            idle.inputs += 1
            return key
        }
        kept = input
        return nil
    }

    private static func mouseAction(_ code: UInt32) -> MouseEvent.Action? {
        switch code {
        case UInt32(CNC_MOUSE_LEFT): .left
        case UInt32(CNC_MOUSE_MIDDLE): .middle
        case UInt32(CNC_MOUSE_RIGHT): .right
        case UInt32(CNC_MOUSE_WHEEL_UP): .wheelUp
        case UInt32(CNC_MOUSE_WHEEL_DOWN): .wheelDown
        default: nil
        }
    }
}
