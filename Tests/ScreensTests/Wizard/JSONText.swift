import FoundationEssentials

/// Values of the engine that can only be decoded.
enum JSONText {
    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
