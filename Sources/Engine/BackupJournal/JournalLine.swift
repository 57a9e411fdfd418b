// One event of the backup journal as a line of text: fields separated by tabs, the line ended by a newline.

public import Vocabulary

/// What happened to an application: a line of its backup journal, with a line for each item when it is verbose.
public struct JournalLine: Sendable, Equatable {
    public enum Event: String, Sendable, CaseIterable {
        case backup, restore, integration, rollback, failure, postponement, hook, repair, proof
        case deletion = "deletion of a set"
        case logStart = "log start"
        case logStop = "log stop"
        case logCut = "log cut"
        case logAnchor = "log anchor"
    }

    public var event: Event
    /// Milliseconds since 1970 UTC; written as local time.
    public var time: Int64
    /// The backup's number.
    public var number: Int?
    /// "complete", "partial", "failed", "stopped", or what else fits the event.
    public var status = ""
    /// The archive, log or folder concerned. Name only files that are durable (invariant I5).
    public var path = ""
    /// Bytes.
    public var size: UInt64?
    public var seconds: Double?
    public var error: Failure?
    /// More for people: "3 operations from SampleDB[0001].4BL".
    public var detail = ""
    public var items: [HistoryEntry.Item] = []

    public init(_ event: Event, at time: Int64) {
        self.event = event
        self.time = time
    }

    static let header = "Date\tEvent\tNumber\tStatus\tPath\tSize\tSeconds\tError\tDetail\n"

    /// The event's own line.
    var text: String {
        let message = error.map(\.sentence)
        return JournalLine.line([
            Timestamp.local(time), event.rawValue, number.map { String($0) } ?? "", status, path,
            size.map { String($0) } ?? "", seconds.map { JournalLine.tenths($0) } ?? "",
            error.map { String($0.code.rawValue) } ?? "",
            [message, detail].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: "; "),
        ])
    }

    /// The line of an item: its role stands where an event has its status.
    func text(of item: HistoryEntry.Item) -> String {
        JournalLine.line([
            Timestamp.local(time), "item", number.map { String($0) } ?? "", item.role, item.path, String(item.size), "", "", "",
        ])
    }

    private static func line(_ fields: [String]) -> String { fields.map(escaped).joined(separator: "\t") + "\n" }

    /// What would break the line or steer the terminal that shows it becomes `\t`, `\n`, `\x1b` or `\u202e`, and a backslash two.
    private static func escaped(_ text: String) -> String { SafeText.escaped(text.replacing("\\", with: "\\\\")) }

    private static func tenths(_ seconds: Double) -> String {
        // Bounded so that the conversion cannot trap, whatever a clock that was set back made of it.
        let tenths = Int((min(max(seconds, 0), 1e12) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
