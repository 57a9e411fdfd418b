// Characters, escape and control sequences.

import TerminalKit

extension ScreenEmulator {
    private static let lines: [Unicode.Scalar: Unicode.Scalar] = [
        "j": "┘", "k": "┐", "l": "┌", "m": "└", "n": "┼", "q": "─", "t": "├", "u": "┤", "v": "┴", "w": "┬", "x": "│", "a": "▒",
        "~": "·",
    ]

    mutating func put(_ original: Unicode.Scalar) {
        let scalar = lineDrawing[shift] ? ScreenEmulator.lines[original] ?? original : original
        let width = CharacterWidth.of(scalar)
        if width == 0 {
            // A mark joins the character before the cursor.
            let column = wrapIsDue ? cursor.column : cursor.column - 1
            guard column >= 0 else { return }
            let base = cells[cursor.row][column].text.isEmpty && column > 0 ? column - 1 : column
            cells[cursor.row][base].text.unicodeScalars.append(scalar)
            return
        }
        if wrapIsDue || (width == 2 && cursor.column == columns - 1) {
            cursor.column = 0
            lineFeed()
            wrapIsDue = false
        }
        lastCharacter = scalar
        if isInserting { insert(width) }
        // A half of a wide character that loses its other half becomes a blank.
        if cells[cursor.row][cursor.column].text.isEmpty, cursor.column > 0 { cells[cursor.row][cursor.column - 1].text = " " }
        let end = cursor.column + width
        if end < columns, cells[cursor.row][end].text.isEmpty { cells[cursor.row][end].text = " " }
        cells[cursor.row][cursor.column] = Cell(text: String(Character(scalar)), look: look)
        if width == 2, cursor.column + 1 < columns { cells[cursor.row][cursor.column + 1] = Cell(text: "", look: look) }
        if end >= columns {
            cursor.column = columns - 1
            wrapIsDue = modes.contains(7)
        } else {
            cursor.column = end
        }
    }

    mutating func lineFeed() {
        wrapIsDue = false
        if cursor.row == region.upperBound - 1 { scrollUp(1) } else if cursor.row < rows - 1 { cursor.row += 1 }
    }

    mutating func escape(_ byte: UInt8) {
        parser = .ground
        switch byte {
        case 0x5B: parser = .control([])
        case 0x5D: parser = .operatingSystem([])
        case 0x28: parser = .charset(0)
        case 0x29: parser = .charset(1)
        case 0x2A, 0x2B: parser = .charset(2)
        case 0x37: saved = (cursor, look)
        case 0x38: if let saved { (cursor, look) = saved }
        case 0x3D: isKeypadOn = true
        case 0x3E: isKeypadOn = false
        case 0x44: lineFeed()
        case 0x45:
            cursor.column = 0
            lineFeed()
        case 0x4D: if cursor.row == region.lowerBound { scrollDown(1) } else { move(to: cursor.column, cursor.row - 1) }
        case 0x63: self = ScreenEmulator(columns: columns, rows: rows)
        default: note("ESC " + String(UnicodeScalar(byte)))
        }
    }

    mutating func control(_ bytes: [UInt8], _ final: UInt8) {
        let isPrivate = bytes.first == 0x3F
        let body = isPrivate ? bytes.dropFirst() : bytes[...]
        guard body.allSatisfy({ $0 == 0x3B || $0 >= 0x30 && $0 <= 0x39 }) else {
            note("CSI " + String(decoding: bytes + [final], as: UTF8.self))
            return
        }
        let numbers = body.split(separator: 0x3B, omittingEmptySubsequences: false).map { Int(String(decoding: $0, as: UTF8.self)) ?? 0 }
        let first = max(1, numbers.first ?? 1)
        let second = max(1, numbers.count > 1 ? numbers[1] : 1)
        let zero = numbers.first ?? 0
        switch (isPrivate, final) {
        case (false, 0x40): insert(first)
        case (false, 0x41): move(to: cursor.column, cursor.row - first)
        case (false, 0x42), (false, 0x65): move(to: cursor.column, cursor.row + first)
        case (false, 0x43), (false, 0x61): move(to: cursor.column + first, cursor.row)
        case (false, 0x44): move(to: cursor.column - first, cursor.row)
        case (false, 0x45): move(to: 0, cursor.row + first)
        case (false, 0x46): move(to: 0, cursor.row - first)
        case (false, 0x47), (false, 0x60): move(to: first - 1, cursor.row)
        case (false, 0x48), (false, 0x66): move(to: second - 1, first - 1)
        case (false, 0x49): move(to: (cursor.column / 8 + first) * 8, cursor.row)
        case (false, 0x4A): eraseScreen(zero)
        case (false, 0x4B): eraseLine(zero)
        case (false, 0x4C): if region.contains(cursor.row) { shiftRows(from: cursor.row, by: first) }
        case (false, 0x4D): if region.contains(cursor.row) { shiftRows(from: cursor.row, by: -first) }
        case (false, 0x50): delete(first)
        case (false, 0x53): scrollUp(first)
        case (false, 0x54): scrollDown(first)
        case (false, 0x58): erase(cursor.row, cursor.column..<min(columns, cursor.column + first))
        case (false, 0x5A): move(to: max(0, (cursor.column - 1) / 8 - (first - 1)) * 8, cursor.row)
        case (false, 0x62): for _ in 0..<min(first, columns * rows) { if let lastCharacter { put(lastCharacter) } }
        case (false, 0x64): move(to: cursor.column, first - 1)
        case (false, 0x68), (false, 0x6C): for number in numbers { setMode(number, final == 0x68) }
        case (true, 0x68), (true, 0x6C): for number in numbers { setPrivateMode(number, final == 0x68) }
        case (false, 0x6D): setLook(numbers.isEmpty ? [0] : numbers)
        case (false, 0x72):
            let end = numbers.count > 1 && numbers[1] > 0 ? min(rows, numbers[1]) : rows
            region = first - 1 < end ? first - 1..<end : 0..<rows
            move(to: 0, 0)
        // Window operations (the title stack), and the Linux console's cursor shape.
        case (false, 0x74), (true, 0x63): break
        default: note("CSI " + String(decoding: bytes + [final], as: UTF8.self))
        }
    }

    private mutating func setMode(_ number: Int, _ isOn: Bool) {
        switch number {
        case 4: isInserting = isOn
        // GNU screen's cursor visibility.
        case 34: break
        default: note("CSI \(number) \(isOn ? "h" : "l")")
        }
    }

    private mutating func setPrivateMode(_ number: Int, _ isOn: Bool) {
        switch number {
        case 1, 3, 4, 5, 6, 7, 8, 12, 25, 1000, 1002, 1006: break
        case 47, 1047, 1049:
            if isOn, mainScreen == nil {
                mainScreen = cells
                saved = (cursor, look)
                cells = ScreenEmulator(columns: columns, rows: rows).cells
            } else if !isOn, let main = mainScreen {
                cells = main
                mainScreen = nil
                if let saved { (cursor, look) = saved }
            }
        default: note("CSI ? \(number) \(isOn ? "h" : "l")")
        }
        if isOn { modes.insert(number) } else { modes.remove(number) }
    }

    private mutating func setLook(_ numbers: [Int]) {
        var rest = numbers[...]
        while let number = rest.popFirst() {
            switch number {
            case 0: look = Look()
            case 1: look.bold = true
            case 2: look.dim = true
            case 4: look.underline = true
            case 7: look.reverse = true
            case 22:
                look.bold = false
                look.dim = false
            case 24: look.underline = false
            case 27: look.reverse = false
            case 30...37: look.foreground = number - 30
            case 39: look.foreground = nil
            case 40...47: look.background = number - 40
            case 49: look.background = nil
            case 90...97: look.foreground = number - 82
            case 100...107: look.background = number - 92
            // The normal character set, as the Linux console and screen say it.
            case 10: break
            default: note("CSI \(number) m")
            }
        }
    }
}
