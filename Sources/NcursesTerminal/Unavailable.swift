// Why there can be no full-screen interface here.

/// The reason why a terminal cannot be used, with the terminal's name as `TERM` has it.
public enum Unavailable: Error, Sendable, Hashable, CustomStringConvertible {
    case notATerminal
    case unknownTerminal(String)
    /// It cannot move its cursor or clear its screen, like `dumb`.
    case poorTerminal(String)
    case noResources
    case alreadyInUse

    /// Lower case, without a full stop.
    public var description: String {
        switch self {
        case .notATerminal: "standard input and output are not a terminal"
        case .unknownTerminal(""): "the environment variable TERM is not set"
        case .unknownTerminal(let name): "the terminal type '\(name)' is not known here"
        case .poorTerminal(let name): "the terminal type '\(name)' cannot show a full screen"
        case .noResources: "the system gave no memory or descriptor for the screen"
        case .alreadyInUse: "the terminal is in use by this program already"
        }
    }

    /// What helps, as a full sentence.
    public var hint: String {
        switch self {
        case .notATerminal: "Run the program in a terminal, or use its subcommands."
        case .unknownTerminal, .poorTerminal: "Set TERM to the name of your terminal, for example xterm-256color."
        case .noResources: "Close other programs and try again."
        case .alreadyInUse: "End the first screen before another begins."
        }
    }
}
