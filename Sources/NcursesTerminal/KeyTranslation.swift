// From ncurses' numbers to keys: one table, the only place that knows both.

import CNcurses
import TerminalKit

/// Pure translation, tested without a terminal.
enum KeyTranslation {
    /// A character as it was typed; nil for what no keyboard means.
    static func key(character code: UInt32) -> Key? {
        switch code {
        case 9: .tab
        // Enter sends 13 in raw mode; some programs that type for a person send 10.
        case 10, 13: .enter
        case 27: .escape
        case 8, 127: .backspace
        case 0: .ctrl(" ")
        case 1...26: Unicode.Scalar(code + 96).map { .ctrl(Character($0)) }
        case 28...31: Unicode.Scalar(code + 64).map { .ctrl(Character($0)) }
        case 128..<160: nil
        default: Unicode.Scalar(code).map { .character(Character($0)) }
        }
    }

    /// A character that came directly behind an escape.
    static func altKey(character code: UInt32) -> Key? {
        guard case .character(let character)? = key(character: code) else { return nil }
        return .alt(character)
    }

    /// A key of ncurses' own numbering; nil for keys that mean nothing to us.
    static func key(code: UInt32) -> Key? {
        if code > UInt32(CNC_KEY_F0), code <= UInt32(CNC_KEY_F0) + 24 {
            return .function(Int(code) - Int(CNC_KEY_F0))
        }
        return named[code]
    }

    private static let named: [UInt32: Key] = [
        UInt32(CNC_KEY_UP): .up, UInt32(CNC_KEY_DOWN): .down,
        UInt32(CNC_KEY_LEFT): .left, UInt32(CNC_KEY_RIGHT): .right,
        UInt32(CNC_KEY_HOME): .home, UInt32(CNC_KEY_END): .end,
        UInt32(CNC_KEY_PAGE_UP): .pageUp, UInt32(CNC_KEY_PAGE_DOWN): .pageDown,
        UInt32(CNC_KEY_ENTER): .enter, UInt32(CNC_KEY_BACKSPACE): .backspace,
        UInt32(CNC_KEY_DELETE): .delete, UInt32(CNC_KEY_INSERT): .insert,
        UInt32(CNC_KEY_BACK_TAB): .backTab,
        UInt32(CNC_KEY_SHIFT_UP): .shiftUp, UInt32(CNC_KEY_SHIFT_DOWN): .shiftDown,
        UInt32(CNC_KEY_SHIFT_LEFT): .shiftLeft, UInt32(CNC_KEY_SHIFT_RIGHT): .shiftRight,
        UInt32(CNC_KEY_CTRL_UP): .ctrlUp, UInt32(CNC_KEY_CTRL_DOWN): .ctrlDown,
        UInt32(CNC_KEY_CTRL_LEFT): .ctrlLeft, UInt32(CNC_KEY_CTRL_RIGHT): .ctrlRight,
    ]
}
