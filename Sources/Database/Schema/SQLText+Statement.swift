// Where a statement ends for a program that only splits a script at its semicolons, as the sqlite3 shell does before it looks for
// commands of its own.

extension SQLText {
    /// Whether the text, with a semicolon put behind it, is one statement for such a program and for SQLite alike.
    static func isOneStatement(_ sql: String) -> Bool {
        let mark = "msc_end"
        var words = tokens(sql + " ;" + mark).map(\.lowercased)
        // A quote or a comment that is open at the end takes the mark in.
        guard words.suffix(2) == [";", mark] else { return false }
        words.removeLast(2)
        guard words.first == "create" else { return false }
        guard words.dropFirst().first == "trigger" else { return !words.contains(";") }
        // The first END behind a semicolon ends a trigger.
        let end = zip(words, words.dropFirst()).enumerated().first { $1 == (";", "end") }?.offset
        return end == words.count - 2
    }
}
