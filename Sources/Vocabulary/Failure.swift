// The one error type that crosses rooms. A person reads it: it says what happened, to what, why, and what to do next.

/// A failed operation: code, what happened, the system's or library's own reason, and what to do.
public struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
    public let code: ErrorCode
    /// Lower case, no full stop; names the path or number concerned.
    public let message: String
    /// The reason given by the system or by SQLite, when there is one.
    public let cause: String?
    /// A full sentence naming the command, page or step that helps.
    public let hint: String

    public init(_ code: ErrorCode, _ message: String, cause: String? = nil, hint: String) {
        self.code = code
        self.message = message
        self.cause = cause
        self.hint = hint
    }

    /// What happened and why, without code and hint.
    public var sentence: String { cause.map { "\(message): \($0)" } ?? message }

    /// One line: `error CODE: what happened: cause. What to do.`
    public var description: String { "error \(code.rawValue): \(sentence). \(hint)" }
}
