// Where the elements of a settings file stand, byte by byte, so that one value can be changed and everything else, comments
// and line ends included, stays as somebody wrote it. Only for bytes that `SettingsDocument` has found to be well-formed.

/// An element's place in the file.
struct ElementPlace: Equatable {
    /// Without a namespace prefix.
    var name: String
    /// From the `<` of its beginning to behind the `>` of its end.
    var whole: Range<Int>
    /// Between the two tags; empty for `<name/>`.
    var content: Range<Int>
    /// Whether it is written as `<name/>`.
    var isClosedAtOnce: Bool
    var children: [ElementPlace] = []
    /// The comments directly in it.
    var comments: [Range<Int>] = []

    /// Finds the root element; nil when the bytes are not what they were said to be.
    static func root(of bytes: [UInt8]) -> ElementPlace? {
        var scanner = ElementScanner(bytes)
        return scanner.root()
    }

    /// The element at a path below this one, and how many names of the path lead to an element that is there.
    func descend(_ path: [String]) -> (element: ElementPlace, depth: Int) {
        var (element, depth) = (self, 0)
        for name in path {
            guard let child = element.children.first(where: { $0.name == name }) else { break }
            (element, depth) = (child, depth + 1)
        }
        return (element, depth)
    }
}

/// Goes through the bytes once, from tag to tag.
private struct ElementScanner {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func root() -> ElementPlace? {
        var open: [ElementPlace] = []
        while let start = bytes[index...].firstIndex(of: UInt8(ascii: "<")) {
            index = start
            if starts(with: "<?") {
                guard skip(past: "?>") else { return nil }
            } else if starts(with: "<!--") {
                guard skip(past: "-->") else { return nil }
                if !open.isEmpty { open[open.count - 1].comments.append(start..<index) }
            } else if starts(with: "<![CDATA[") {
                guard skip(past: "]]>") else { return nil }
            } else if starts(with: "</") {
                guard skip(past: ">"), var done = open.popLast() else { return nil }
                done.content = done.content.lowerBound..<start
                done.whole = done.whole.lowerBound..<index
                if open.isEmpty { return done }
                open[open.count - 1].children.append(done)
            } else {
                guard let place = tag() else { return nil }
                if !place.isClosedAtOnce {
                    open.append(place)
                } else if open.isEmpty {
                    return place
                } else {
                    open[open.count - 1].children.append(place)
                }
            }
        }
        return nil
    }

    /// A tag that opens an element; a `>` inside of an attribute's quotes does not end it.
    private mutating func tag() -> ElementPlace? {
        let start = index
        var quote: UInt8?
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                let name = bytes[(start + 1)..<index].prefix { !" \t\r\n/>".utf8.contains($0) }
                let text = String(decoding: name, as: UTF8.self)
                return ElementPlace(
                    name: text.split(separator: ":").last.map(String.init) ?? text, whole: start..<index, content: index..<index,
                    isClosedAtOnce: bytes[index - 2] == UInt8(ascii: "/"))
            }
        }
        return nil
    }

    private func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[index...].starts(with: $0) }
    }

    /// Goes behind the next `text`; false when there is none.
    private mutating func skip(past text: StaticString) -> Bool {
        while index < bytes.count {
            if starts(with: text) {
                index += text.utf8CodeUnitCount
                return true
            }
            index += 1
        }
        return false
    }
}
