// Backup.4DSettings as XML: bytes to texts by path, and back. What the paths mean is SettingKeys.swift's business.
// The parser resolves nothing outside the file; a document type, which could redefine texts, is refused.

import FoundationEssentials
import FoundationXML
import Vocabulary

/// The texts of the file's leaf elements by their path below the root, for example `Backup/Settings/General/IncludeDataFile`.
struct SettingsDocument: Equatable {
    static let root = "Preferences4D"
    static let namespace = "http://www.4d.com/namespace/reserved/2004/backup"
    /// Deeper than any settings file; more would only cost memory.
    private static let deepest = 32

    private(set) var texts: [String: String] = [:]

    /// - Throws: 1512 with the line when the bytes are not well-formed XML in UTF-8 with 4D's root element, when they hold a
    ///   processing instruction or a document type, when an element with a text stands there twice, or when it is nested deeper than 32 elements.
    init(_ bytes: [UInt8], path: String) throws(Failure) {
        guard !bytes.isEmpty else { throw SettingsDocument.malformed(path, "it is empty") }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsDocument.malformed(path, "it is not UTF-8")
        }
        // The parser drops what a document type defines, without an error: a value would silently lose a part.
        guard !text.contains("<!DOCTYPE") else { throw SettingsDocument.malformed(path, "it declares a document type") }
        // The parser ends the process at an instruction without data. Settings have none; XML's own declaration is no instruction.
        let bom: [UInt8] = [0xef, 0xbb, 0xbf]
        let start = bytes.starts(with: bom) ? bom.count : 0
        let isDeclared = bytes[start...].starts(with: Array("<?xml".utf8)) && bytes.dropFirst(start + 5).first.map { [9, 10, 13, 32].contains($0) } == true
        guard !text.utf8.dropFirst(start + (isDeclared ? 1 : 0)).contains(Array("<?".utf8)) else {
            throw SettingsDocument.malformed(path, "it has a processing instruction ('<?')")
        }
        // Another declared encoding would make the parser read other characters than were checked here.
        if isDeclared, let end = text.firstRange(of: "?>") {
            let declaration = text[..<end.lowerBound].lowercased()
            guard !declaration.contains("encoding") || declaration.contains("utf-8") else {
                throw SettingsDocument.malformed(path, "it declares an encoding other than UTF-8")
            }
        }
        let reader = Reader()
        let parser = XMLParser(data: Data(bytes))
        // Namespaces are looked at here: the parser's own treatment of a prefix that is not declared ends the process.
        parser.shouldProcessNamespaces = false
        parser.shouldResolveExternalEntities = false
        parser.delegate = reader
        // The parser can return true after an error: the delegate's word counts too.
        let isDone = parser.parse()
        if let problem = reader.problem { throw SettingsDocument.malformed(path, problem) }
        guard isDone, parser.parserError == nil, reader.isClosed else {
            throw SettingsDocument.malformed(path, "line \(max(1, parser.lineNumber)) is not well-formed XML")
        }
        texts = reader.texts
    }

    static func malformed(_ path: String, _ reason: String) -> Failure {
        Failure(
            .badSetting, "the settings file '\(path)' cannot be used: \(reason)",
            hint: "Correct it, or move it away to work with the defaults.")
    }

    private final class Reader: XMLParserDelegate {
        var texts: [String: String] = [:]
        var problem: String?
        var isClosed = false
        /// Names of the open elements, and of the innermost: its text so far and whether it holds elements.
        private var open: [String] = []
        /// By open element: the prefixes that may be used in it.
        private var prefixes: [Set<String>] = []
        private var text = ""
        private var isLeaf = false

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            var known = prefixes.last ?? ["", "xml", "xmlns"]
            for (key, uri) in attributes where key.hasPrefix("xmlns:") && !uri.isEmpty { known.insert(String(key.dropFirst(6))) }
            for name in [name] + attributes.keys {
                let (prefix, local) = Self.parts(name)
                guard known.contains(prefix), !local.isEmpty, !local.contains(":") else {
                    // Untested: libxml2 refuses such a name itself and comes first; not every version of it does.
                    return fail(parser, "line \(max(1, parser.lineNumber)) has the name '\(name)', whose prefix is not declared")
                }
            }
            let (prefix, name) = Self.parts(name)
            if open.isEmpty, name != root || attributes[prefix.isEmpty ? "xmlns" : "xmlns:\(prefix)"] != namespace {
                return fail(parser, "its root element is not \(root) with the namespace \(namespace)")
            }
            guard open.count < deepest else { return fail(parser, "it is nested deeper than \(deepest) elements") }
            open.append(name)
            prefixes.append(known)
            text = ""
            isLeaf = true
        }

        private static func parts(_ name: String) -> (prefix: String, local: String) {
            guard let colon = name.firstIndex(of: ":") else { return ("", name) }
            return (String(name[..<colon]), String(name[name.index(after: colon)...]))
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

        func parser(_ parser: XMLParser, foundCDATA block: Data) { text += String(decoding: block, as: UTF8.self) }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            let path = open.dropFirst().joined(separator: "/")
            if isLeaf, open.count > 1, texts.updateValue(text, forKey: path) != nil {
                return fail(parser, "the element '\(path)' stands there twice")
            }
            text = ""
            isLeaf = false
            open.removeLast()
            prefixes.removeLast()
            isClosed = open.isEmpty
        }

        func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
            fail(parser, "line \(max(1, parser.lineNumber)) is not well-formed XML")
        }

        private func fail(_ parser: XMLParser, _ reason: String) {
            if problem == nil { problem = reason }
            parser.abortParsing()
        }
    }
}

extension SettingsDocument {
    /// The file that holds `texts`, elements in their order: paths that share a beginning must stand together.
    static func bytes(_ texts: [(path: String, text: String)]) -> [UInt8] {
        var lines = [#"<?xml version="1.0" encoding="UTF-8" standalone="no" ?>"#, #"<\#(root) xmlns="\#(namespace)">"#]
        var open: [Substring] = []
        func close(to depth: Int) {
            while open.count > depth { lines.append(indent(open.count) + "</\(open.removeLast())>") }
        }
        for (path, text) in texts {
            let names = path.split(separator: "/")
            close(to: zip(open, names.dropLast()).prefix { $0 == $1 }.count)
            for name in names.dropLast().dropFirst(open.count) {
                open.append(name)
                lines.append(indent(open.count) + "<\(name)>")
            }
            guard let name = names.last else { continue }
            lines.append(indent(open.count + 1) + "<\(name)>\(escaped(text))</\(name)>")
        }
        close(to: 0)
        lines.append("</\(root)>\n")
        return Array(lines.joined(separator: "\n").utf8)
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    static func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
