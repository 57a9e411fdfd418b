// Why a JSON text is not what it should be, in words for people: never the names of a program's types.

extension DecodingError {
    /// One short sentence without a full stop.
    package var words: String {
        switch self {
        case .keyNotFound(let key, let context): "'\(DecodingError.path(context.codingPath + [key]))' is missing"
        case .valueNotFound(_, let context): "'\(DecodingError.path(context.codingPath))' is empty"
        case .typeMismatch(_, let context): "'\(DecodingError.path(context.codingPath))' has a value of another kind than it should"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "it is not a JSON text" : "'\(DecodingError.path(context.codingPath))' has a value that is not accepted"
        @unknown default: "it is not what it should be"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }.joined(separator: ".").replacing(".[", with: "[")
    }

    /// The same for any error of reading JSON.
    package static func words(of error: any Error) -> String { (error as? DecodingError)?.words ?? "it cannot be read as JSON" }
}
