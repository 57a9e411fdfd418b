// How names and words of SQL are compared.

extension String {
    /// With A to Z in lower case and all else as it is: SQLite folds no other letters, and so 'É' and 'é' are two names.
    public var asciiLowercased: String {
        String(decoding: utf8.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
