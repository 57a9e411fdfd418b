// How roles look: with eight colours, or with bold, underline and reverse alone.

import CNcurses
import TerminalKit

/// The appearance of each role on one terminal.
struct Palette {
    private struct Look {
        var foreground: Int32 = -1
        var background: Int32 = -1
        var attributes: UInt32 = 0
    }

    private static let bold = UInt32(CNC_BOLD)
    private static let dim = UInt32(CNC_DIM)
    private static let underline = UInt32(CNC_UNDERLINE)
    private static let reverse = UInt32(CNC_REVERSE)
    private static let black: Int32 = 0, red: Int32 = 1, green: Int32 = 2, yellow: Int32 = 3, blue: Int32 = 4, cyan: Int32 = 6
    private static let white: Int32 = 7

    private static func coloured(_ role: Role) -> Look {
        switch role {
        case .normal: Look()
        case .title: Look(foreground: cyan, attributes: bold)
        case .label: Look(foreground: cyan)
        case .selected: Look(foreground: black, background: cyan)
        case .selectedIdle: Look(foreground: white, background: blue)
        case .disabled: Look(attributes: dim)
        case .warning: Look(foreground: yellow, attributes: bold)
        case .error: Look(foreground: white, background: red, attributes: bold)
        case .good: Look(foreground: green, attributes: bold)
        case .key: Look(foreground: black, background: cyan)
        case .border: Look(foreground: blue)
        case .borderActive: Look(foreground: cyan, attributes: bold)
        case .bar: Look(foreground: green)
        case .barRest: Look(foreground: blue)
        case .hint: Look(foreground: cyan, attributes: dim)
        case .field: Look(attributes: underline)
        case .fieldActive: Look(foreground: white, background: blue, attributes: bold)
        case .heading: Look(foreground: cyan, attributes: bold | underline)
        case .doomed: Look(foreground: red, attributes: bold)
        case .marked: Look(foreground: yellow, attributes: bold | underline)
        case .status: Look(foreground: white, background: blue)
        }
    }

    private static func plain(_ role: Role) -> UInt32 {
        switch role {
        case .normal, .label, .border, .bar, .barRest, .good, .hint: 0
        case .disabled: dim
        case .title, .warning, .borderActive: bold
        case .heading, .field, .marked: underline
        case .doomed: bold | underline
        case .error: bold | reverse
        case .selected, .key, .status: reverse
        case .selectedIdle: bold | underline
        case .fieldActive: reverse
        }
    }

    private let hasColours: Bool

    /// Prepares the terminal's colours when they are wanted and there are enough of them.
    init(colour: Bool) {
        hasColours = colour && cnc_colours() >= 8
        guard hasColours else { return }
        for role in Role.allCases {
            let look = Palette.coloured(role)
            cnc_define_pair(Int32(role.rawValue) + 1, look.foreground, look.background)
        }
    }

    /// Attributes and colour pair of a style.
    func look(_ style: Style) -> (attributes: UInt8, pair: UInt8) {
        var attributes = hasColours ? Palette.coloured(style.role).attributes : Palette.plain(style.role)
        if style.emphasis.contains(.bold) { attributes |= Palette.bold }
        if style.emphasis.contains(.underline) { attributes |= Palette.underline }
        if style.emphasis.contains(.reverse) { attributes ^= Palette.reverse }
        return (UInt8(attributes), hasColours && style.role != .normal ? style.role.rawValue + 1 : 0)
    }
}
