// SQL as text: quoting of names, and just enough tokens to take an index or a table definition apart. Nothing here asks
// SQLite, so it works for expressions whose functions only the application has.

/// Reading and writing pieces of SQL.
public enum SQLText {
    /// A name in double quotes.
    public static func quoted(_ name: String) -> String {
        enclosed(name, in: "\"")
    }

    /// A text in single quotes.
    public static func literal(_ text: String) -> String { enclosed(text, in: "'") }

    /// Scalar by scalar: a quote that a combining mark follows is one character to Swift, and still a quote to SQLite.
    private static func enclosed(_ text: String, in quote: Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView()
        result.append(quote)
        for scalar in text.unicodeScalars {
            if scalar == quote { result.append(quote) }
            result.append(scalar)
        }
        result.append(quote)
        return String(result)
    }

    /// A word, literal, quoted name or single sign as it stands in the text.
    struct Token: Equatable {
        var text: String
        /// White space or a comment stands before it.
        var isApart: Bool

        var lowercased: String { text.lowercased() }

        static func == (token: Token, text: String) -> Bool { token.text == text }
    }

    /// The text of tokens, without comments. What touched still touches: `||` and `x'00'` are several tokens here.
    static func text(_ tokens: some Sequence<Token>) -> String {
        tokens.reduce(into: "") { $0 += ($0.isEmpty || !$1.isApart ? "" : " ") + $1.text }
    }

    /// The tokens of `sql`, white space and comments left out.
    static func tokens(_ sql: String) -> [Token] {
        let bytes = Array(sql.utf8)
        var found: [Token] = []
        var isApart = false
        var at = 0
        func isWord(_ byte: UInt8) -> Bool {
            byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$")
                || (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a)
        }
        while at < bytes.count {
            let start = at
            let byte = bytes[at]
            at += 1
            switch byte {
            case 0x20, 0x09, 0x0a, 0x0c, 0x0d:
                isApart = true
                continue
            case UInt8(ascii: "-") where at < bytes.count && bytes[at] == byte:
                while at < bytes.count, bytes[at] != 0x0a { at += 1 }
                isApart = true
                continue
            case UInt8(ascii: "/") where at < bytes.count && bytes[at] == UInt8(ascii: "*"):
                at += 1
                while at < bytes.count, !(bytes[at] == UInt8(ascii: "/") && bytes[at - 1] == UInt8(ascii: "*") && at > start + 2) { at += 1 }
                at = min(at + 1, bytes.count)
                isApart = true
                continue
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
                while at < bytes.count {
                    if bytes[at] == byte {
                        if at + 1 < bytes.count, bytes[at + 1] == byte { at += 2; continue }
                        break
                    }
                    at += 1
                }
                at = min(at + 1, bytes.count)
            case UInt8(ascii: "["):
                while at < bytes.count, bytes[at] != UInt8(ascii: "]") { at += 1 }
                at = min(at + 1, bytes.count)
            case _ where isWord(byte):
                while at < bytes.count, isWord(bytes[at]) || (byte <= 0x39 && byte >= 0x30 && bytes[at] == UInt8(ascii: ".")) { at += 1 }
            default: break
            }
            found.append(Token(text: String(decoding: bytes[start..<at], as: UTF8.self), isApart: isApart))
            isApart = false
        }
        return found
    }

    /// The name that an identifier token stands for.
    static func unquoted(_ token: String) -> String {
        guard let first = token.first, token.count >= 2 else { return token }
        switch first {
        case "\"", "`", "'":
            let mark = String(first)
            return String(token.dropFirst().dropLast().replacing(mark + mark, with: mark))
        case "[": return String(token.dropFirst().dropLast())
        default: return token
        }
    }

    /// Which of `columns` an expression may read: identifiers that carry their names and are not called like functions.
    static func columns(_ columns: [String], usedIn expression: String) -> Set<String> {
        let tokens = tokens(expression)
        var used: Set<String> = []
        for (index, token) in tokens.enumerated() where token.text.first != "'" {
            if index + 1 < tokens.count, tokens[index + 1] == "(" { continue }
            let name = unquoted(token.text).lowercased()
            for column in columns where column.lowercased() == name { used.insert(column) }
        }
        return used
    }

    /// The terms between a pair of parentheses, split at the commas of the outermost level.
    /// - Parameter start: index of the opening parenthesis.
    static func terms(_ tokens: [Token], openedAt start: Int) -> (terms: [[Token]], end: Int) {
        var terms: [[Token]] = []
        var term: [Token] = []
        var depth = 0
        var index = start + 1
        while index < tokens.count {
            let token = tokens[index]
            if token == "(" { depth += 1 }
            if token == ")" {
                if depth == 0 { break }
                depth -= 1
            }
            if token == ",", depth == 0 {
                terms.append(term)
                term = []
            } else {
                term.append(token)
            }
            index += 1
        }
        terms.append(term)
        return (terms, index)
    }

    /// The indexed terms and the WHERE clause of a CREATE INDEX statement.
    static func index(_ sql: String) -> (terms: [String], condition: String?) {
        let tokens = tokens(sql)
        guard let on = tokens.firstIndex(where: { $0.lowercased == "on" }),
            let open = tokens[on...].firstIndex(where: { $0 == "(" })
        else { return ([], nil) }
        let (terms, end) = terms(tokens, openedAt: open)
        let texts = terms.map { term -> String in
            var term = term
            if let last = term.last?.lowercased, last == "asc" || last == "desc" { term.removeLast() }
            return text(term)
        }
        let rest = tokens.dropFirst(end + 1)
        guard rest.first?.lowercased == "where" else { return (texts, nil) }
        return (texts, text(rest.dropFirst()))
    }

    /// The expressions of the generated columns of a CREATE TABLE statement, in parentheses, by lower-case column name.
    static func generatedColumns(_ sql: String) -> [String: String] {
        let tokens = tokens(sql)
        guard let open = tokens.firstIndex(where: { $0 == "(" }) else { return [:] }
        var found: [String: String] = [:]
        for term in terms(tokens, openedAt: open).terms {
            guard let name = term.first else { continue }
            var depth = 0
            for (index, token) in term.enumerated().dropFirst() {
                if token == "(" { depth += 1 }
                if token == ")" { depth -= 1 }
                guard depth == 0, token.lowercased == "as", index + 1 < term.count, term[index + 1] == "(" else { continue }
                let end = terms(term, openedAt: index + 1).end
                found[unquoted(name.text).lowercased()] = text(term[(index + 1)...min(end, term.count - 1)])
                break
            }
        }
        return found
    }
}
