// Which operations somebody wants to see. A value that pages and the command line fill in; compiled before it is used.

public import Vocabulary

/// Conditions on operations; an operation must meet all that are set.
public struct Filter: Sendable, Equatable {
    /// Table names, compared without regard to ASCII case; empty for all. Operations of no table are left out when set.
    public var tables: Set<String> = []
    /// Empty for all.
    public var actions: Set<Action> = []
    /// The key as `OwnedOperation.keyText` shows it; nil for all.
    public var key: String?
    /// Operation numbers.
    public var operations: ClosedRange<UInt64>?
    /// Milliseconds since 1970-01-01 UTC.
    public var times: ClosedRange<Int64>?
    /// A text found in what is known of who did it, without regard to case; nil for all. Operations of nobody known do not meet it.
    public var context: String?
    /// A text found in some value of key, old or new row, without regard to ASCII case: within texts and blobs, and
    /// within numbers as they are displayed. Empty or nil for all.
    public var text: String?

    public init() {}
}

/// A filter made ready for one log.
struct CompiledFilter {
    private let filter: Filter
    private let encoding: TextEncoding
    /// Identifiers of the wanted tables; nil for all.
    private let tableIDs: Set<UInt32>?
    private let tableBits: UInt64
    private let actionBits: UInt32
    /// The key as an integer, when it is written as one.
    private let integerKey: Int64?
    let search: TextSearch?
    let operations: ClosedRange<UInt64>
    private let who: ContextSearch?

    init(_ filter: Filter, tables: some Collection<TableDefinition>, encoding: TextEncoding, contexts: ContextIndex? = nil) {
        self.filter = filter
        self.encoding = encoding
        if filter.tables.isEmpty {
            tableIDs = nil
            tableBits = .max
        } else {
            let names = Set(filter.tables.map { $0.asciiLowercased })
            let ids = Set(tables.filter { names.contains($0.name.asciiLowercased) }.map { $0.id })
            tableIDs = ids
            tableBits = ids.reduce(0) { $0 | 1 << UInt64($1 & 63) }
        }
        actionBits = filter.actions.isEmpty ? .max : filter.actions.reduce(0) { $0 | 1 << UInt32($1.rawValue & 31) }
        integerKey = filter.key.flatMap { text in Int64(text).flatMap { String($0) == text ? $0 : nil } }
        search = filter.text.flatMap { $0.isEmpty ? nil : TextSearch($0, encoding: encoding) }
        operations = filter.operations ?? 0...UInt64.max
        who = filter.context.map { ContextSearch($0, contexts) }
    }

    /// Whether a block (or all blocks under an index) can hold a wanted operation.
    func mayMatch(_ block: BlockSummary) -> Bool {
        guard block.tables & tableBits != 0, block.actions & actionBits != 0 else { return false }
        if let times = filter.times { return block.latest >= times.lowerBound && block.earliest <= times.upperBound }
        return true
    }

    func wants(table: UInt32) -> Bool { tableIDs?.contains(table) ?? true }

    func wants(action: Action) -> Bool { actionBits >> UInt32(action.rawValue & 31) & 1 != 0 }

    /// Whether nothing but table and action decides.
    var isByShape: Bool { filter.key == nil && filter.times == nil && who == nil && search == nil }

    private func matches(_ key: UnsafeRawBufferPointer, _ text: String) -> Bool {
        if key.first == ValueTag.integer {
            var cursor = ValueCursor(key)
            if case .integer(let integer)? = cursor.next(), cursor.isAtEnd { return integer == integerKey }
        }
        return KeyText.text(of: key, encoding: encoding) == text
    }

    /// The conditions besides table and action.
    func matches(_ operation: Operation) throws(Failure) -> Bool {
        if let times = filter.times, !times.contains(operation.time) { return false }
        if let key = filter.key, !matches(operation.key, key) { return false }
        if let search, !search.matches(operation) { return false }
        if let who, try !who.matches(operation.context) { return false }
        return true
    }
}

/// Which contexts hold a text. It remembers the last answers.
private final class ContextSearch {
    private let wanted: String
    private let contexts: ContextIndex?
    private var answers: [UInt32: Bool] = [:]
    private static let mostAnswers = 65_536

    init(_ text: String, _ contexts: ContextIndex?) {
        wanted = text.lowercased()
        self.contexts = contexts
    }

    func matches(_ number: UInt32) throws(Failure) -> Bool {
        if let known = answers[number] { return known }
        let matches = number == 0 ? false : try contexts?.context(number)?.text.lowercased().contains(wanted) ?? false
        if answers.count >= ContextSearch.mostAnswers { answers.removeAll(keepingCapacity: true) }
        answers[number] = matches
        return matches
    }
}
