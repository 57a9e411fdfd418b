// How the terminal is to be used: what the person asked for on the command line and in the environment.

import Glibc

/// Settings of an `NcursesTerminal`.
public struct Options: Sendable, Hashable {
    /// Report presses and the wheel. Selecting text with the mouse then needs Shift in most terminals.
    public var mouse: Bool
    /// Use colours when the terminal has them.
    public var colour: Bool
    /// Show nothing but ASCII.
    public var ascii: Bool
    /// Write an invisible mark when everything that was typed has been answered, for tests.
    public var reportsIdle: Bool

    public init(mouse: Bool = true, colour: Bool = true, ascii: Bool = false, reportsIdle: Bool = false) {
        self.mouse = mouse
        self.colour = colour
        self.ascii = ascii
        self.reportsIdle = reportsIdle
    }

    /// What the environment says: `NO_COLOR` (set and not empty) turns colours off, `MSC_REPORT_IDLE` turns the marks on.
    public static func fromEnvironment() -> Options {
        func isSet(_ name: String) -> Bool { getenv(name).map { $0.pointee != 0 } ?? false }
        return Options(colour: !isSet("NO_COLOR"), reportsIdle: isSet("MSC_REPORT_IDLE"))
    }
}
