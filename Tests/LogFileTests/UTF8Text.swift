import Vocabulary

extension Value {
    /// A text of a UTF-8 database.
    static func text(_ string: String) -> Value { .text(Array(string.utf8)) }
}
