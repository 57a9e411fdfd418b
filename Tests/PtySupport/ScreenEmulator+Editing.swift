// Erasing, inserting, deleting and scrolling. New cells have the current background, as terminals with "bce" do.

import TerminalKit

extension ScreenEmulator {
    private var blank: Cell {
        var empty = Look()
        empty.background = look.background
        return Cell(text: " ", look: empty)
    }

    mutating func erase(_ row: Int, _ range: Range<Int>) {
        for column in range { cells[row][column] = blank }
        wrapIsDue = false
    }

    mutating func eraseLine(_ part: Int) {
        switch part {
        case 0: erase(cursor.row, cursor.column..<columns)
        case 1: erase(cursor.row, 0..<cursor.column + 1)
        case 2: erase(cursor.row, 0..<columns)
        default: note("CSI \(part) K")
        }
    }

    mutating func eraseScreen(_ part: Int) {
        switch part {
        case 0:
            eraseLine(0)
            for row in cursor.row + 1..<max(rows, cursor.row + 1) { erase(row, 0..<columns) }
        case 1:
            eraseLine(1)
            for row in 0..<cursor.row { erase(row, 0..<columns) }
        case 2, 3: for row in 0..<rows { erase(row, 0..<columns) }
        default: note("CSI \(part) J")
        }
        if part >= 2 || part == 0 && cursor.row == 0 && cursor.column == 0 { clears += 1 }
    }

    mutating func insert(_ count: Int) {
        let number = min(count, columns - cursor.column)
        cells[cursor.row].insert(contentsOf: Array(repeating: blank, count: number), at: cursor.column)
        cells[cursor.row].removeLast(number)
    }

    mutating func delete(_ count: Int) {
        let number = min(count, columns - cursor.column)
        cells[cursor.row].removeSubrange(cursor.column..<cursor.column + number)
        cells[cursor.row] += Array(repeating: blank, count: number)
    }

    mutating func scrollUp(_ count: Int) { shiftRows(from: region.lowerBound, by: -count) }

    mutating func scrollDown(_ count: Int) { shiftRows(from: region.lowerBound, by: count) }

    /// Moves the rows from one to the end of the scrolling region down, or up when negative.
    mutating func shiftRows(from first: Int, by step: Int) {
        let number = min(abs(step), region.upperBound - first)
        guard number > 0 else { return }
        let empty = Array(repeating: Array(repeating: blank, count: columns), count: number)
        if step > 0 {
            cells.removeSubrange(region.upperBound - number..<region.upperBound)
            cells.insert(contentsOf: empty, at: first)
        } else {
            cells.insert(contentsOf: empty, at: region.upperBound)
            cells.removeSubrange(first..<first + number)
        }
    }
}
