// What a terminal's screen shows after the bytes that a program sent. It knows the sequences that the terminal database
// has for the tested terminals and no others: what it does not know is collected, and tests demand that nothing was.

public import TerminalKit

/// A small terminal.
public struct ScreenEmulator {
    /// How a cell looks.
    public struct Look: Hashable, Sendable {
        public var bold = false
        public var dim = false
        public var underline = false
        public var reverse = false
        /// ANSI colours; nil is the terminal's own.
        public var foreground: Int?
        public var background: Int?
        public init() {}
    }

    public struct Cell: Hashable, Sendable {
        /// The character with its marks; empty in the right half of a wide one.
        public var text = " "
        public var look = Look()
    }

    public internal(set) var columns: Int
    public internal(set) var rows: Int
    public internal(set) var cells: [[Cell]]
    public internal(set) var cursor = Point(column: 0, row: 0)
    public internal(set) var look = Look()
    /// Private modes that are on: 1 application keys, 25 cursor, 1000 mouse, 1006 mouse with decimal numbers, 1049 second screen.
    public internal(set) var modes: Set<Int> = [7, 25]
    public internal(set) var isKeypadOn = false
    /// The numbers of the newest idle mark: inputs, resizes, wake-ups.
    public internal(set) var idle: [Int] = []
    /// Sequences that are not known.
    public internal(set) var unknown: [String] = []
    /// How often the whole screen was cleared.
    public internal(set) var clears = 0

    var mainScreen: [[Cell]]?
    var saved: (Point, Look)?
    var region: Range<Int>
    var wrapIsDue = false
    var isInserting = false
    var lineDrawing = [false, false]
    var shift = 0
    var lastCharacter: Unicode.Scalar?
    var parser = Parser.ground
    var partial: [UInt8] = []

    enum Parser {
        case ground
        case escape
        case charset(Int)
        case control([UInt8])
        case operatingSystem([UInt8])
        case operatingSystemEscape([UInt8])
    }

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        cells = Array(repeating: Array(repeating: Cell(), count: columns), count: rows)
        region = 0..<rows
    }

    /// The text of each row without blanks at its end.
    public var lines: [String] {
        cells.map { row in
            var text = row.map(\.text).joined()
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    public var text: String { lines.joined(separator: "\n") }

    public func look(_ column: Int, _ row: Int) -> Look? {
        row >= 0 && row < rows && column >= 0 && column < columns ? cells[row][column].look : nil
    }

    /// As a window does: what is outside of the new size is lost.
    public mutating func resize(columns: Int, rows: Int) {
        func fitted(_ screen: [[Cell]]) -> [[Cell]] {
            (0..<rows).map { row in
                (0..<columns).map { row < screen.count && $0 < screen[row].count ? screen[row][$0] : Cell() }
            }
        }
        cells = fitted(cells)
        mainScreen = mainScreen.map(fitted)
        self.columns = columns
        self.rows = rows
        region = 0..<rows
        move(to: cursor.column, cursor.row)
    }

    mutating func move(to column: Int, _ row: Int) {
        cursor = Point(column: min(max(0, column), columns - 1), row: min(max(0, row), rows - 1))
        wrapIsDue = false
    }

    public mutating func feed(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { feed(byte) }
    }

    private mutating func feed(_ byte: UInt8) {
        switch parser {
        case .ground: ground(byte)
        case .escape: escape(byte)
        case .charset(let set):
            if set < 2 { lineDrawing[set] = byte == 0x30 }
            parser = .ground
        case .control(let before):
            if byte >= 0x40 && byte < 0x7F {
                parser = .ground
                control(before, byte)
            } else {
                parser = .control(before + [byte])
            }
        case .operatingSystem(let before):
            switch byte {
            case 7: endOperatingSystem(before)
            case 0x1B: parser = .operatingSystemEscape(before)
            // The Linux console's palette reset has no end mark.
            case 0x52 where before.isEmpty: parser = .ground
            default: parser = .operatingSystem(before + [byte])
            }
        case .operatingSystemEscape(let before):
            if byte == 0x5C { endOperatingSystem(before) } else { note("ESC ] " + String(decoding: before, as: UTF8.self)) }
        }
    }

    mutating func note(_ sequence: String) {
        unknown.append(sequence)
        parser = .ground
    }

    private mutating func endOperatingSystem(_ bytes: [UInt8]) {
        parser = .ground
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: ";")
        if parts.count == 5, parts[0] == "777", parts[1] == "idle" {
            idle = parts[2...].compactMap { Int($0) }
        } else if parts != ["104"] {
            // 104 gives the palette its colours back.
            note("ESC ] " + String(decoding: bytes, as: UTF8.self))
        }
    }

    private mutating func ground(_ byte: UInt8) {
        switch byte {
        case 0, 7: break
        case 8: move(to: cursor.column - 1, cursor.row)
        case 9: move(to: (cursor.column / 8 + 1) * 8, cursor.row)
        case 10, 11, 12: lineFeed()
        case 13: move(to: 0, cursor.row)
        case 14: shift = 1
        case 15: shift = 0
        case 0x1B: parser = .escape
        case 1..<32, 127: note("control \(byte)")
        default: decode(byte)
        }
    }

    /// Collects the bytes of one character.
    private mutating func decode(_ byte: UInt8) {
        partial.append(byte)
        let length = partial[0] < 0x80 ? 1 : partial[0] >= 0xF0 ? 4 : partial[0] >= 0xE0 ? 3 : partial[0] >= 0xC0 ? 2 : 1
        guard partial.count >= length else { return }
        let text = String(decoding: partial, as: UTF8.self)
        partial = []
        for scalar in text.unicodeScalars { put(scalar) }
    }
}
