// A parsed JSON document, to be asked without casts.

import Foundation

struct JSON {
    private let value: Any?

    init(_ text: String) throws {
        value = try JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
    }

    private init(value: Any?) { self.value = value }

    subscript(_ key: String) -> JSON { JSON(value: (value as? [String: Any])?[key]) }
    subscript(_ index: Int) -> JSON {
        let items = value as? [Any] ?? []
        return JSON(value: items.indices.contains(index) ? items[index] : nil)
    }

    var string: String? { value as? String }
    var int: Int? { (value as? NSNumber)?.intValue }
    var bool: Bool? { (value as? NSNumber)?.boolValue }
    var items: [JSON] { (value as? [Any] ?? []).map { JSON(value: $0) } }
    var strings: [String] { value as? [String] ?? [] }
    /// The keys of an object, those with null included.
    var keys: Set<String> { Set((value as? [String: Any] ?? [:]).keys) }
    var isNull: Bool { value is NSNull }
}
