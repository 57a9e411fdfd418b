// The table of docs/architecture.md, held against the import lines and a few words of the sources.

import Foundation
import Testing

@Suite("The house")
struct RoomTests {
    private let rooms: [Room]
    private let allowed: [String: Set<String>]

    init() throws {
        rooms = try Room.all()
        allowed = try Room.table()
    }

    @Test("every room stands in the table of docs/architecture.md, and every row of it is a room")
    func table() {
        #expect(Set(rooms.map(\.name)) == Set(allowed.keys))
    }

    @Test("a room imports what the table allows, and nothing else")
    func imports() throws {
        let system: Set<String> = ["Glibc", "Synchronization", "Dispatch"]
        let foundation: Set<String> = ["Foundation", "FoundationEssentials", "FoundationXML"]
        let withFoundation: Set<String> = ["Archive", "Engine", "Screens", "msc"]
        for room in rooms {
            var modules = try #require(allowed[room.name])
            if room.name != "TerminalKit" { modules.formUnion(system) }
            if withFoundation.contains(room.name) { modules.formUnion(foundation) }
            for file in room.files {
                #expect(file.imports.subtracting(modules) == [], "\(file.path) imports what \(room.name) may not")
            }
        }
    }

    @Test("every file opens with a comment that says what it is for")
    func roles() {
        for file in rooms.flatMap(\.files) {
            #expect(file.text.hasPrefix("// "), "\(file.path) does not say its role")
        }
    }

    @Test("files are changed in FileSystem only, where each call passes the gate for faults", arguments: [
        #"(^|[^.A-Za-z0-9_])(pwrite|fsync|fdatasync|rename|renameat|unlink|unlinkat|mkdir|mkdirat|rmdir|ftruncate|truncate)\("#,
        #"(^|[^.A-Za-z0-9_])(chmod|fchmod|chown|fchown|lchown|futimens|utimensat|symlink|fopen|mkstemp|mkdtemp|creat|openat)\("#,
        #"(^|[^.A-Za-z0-9_])(posix_fallocate|fallocate|copy_file_range|sendfile)\(|\bO_(WRONLY|RDWR|CREAT|TRUNC)\b"#,
        #"\bGlibc\.(open|link|rename)\b"#,
    ])
    func gate(pattern: String) throws {
        let expression = try Regex(pattern)
        for file in rooms.filter({ $0.name != "FileSystem" }).flatMap(\.files) {
            for (number, line) in file.lines.enumerated() where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") && !line.contains("func ") {
                #expect(line.firstMatch(of: expression) == nil, "\(file.path):\(number + 1): \(line)")
            }
        }
    }

    @Test("who opens a database says whether a Stop ends its statements: a hostile file can make any of them endless")
    func stops() throws {
        for room in rooms where room.name == "Engine" || room.name == "Database" || room.name == "Screens" || room.name == "msc" {
            for file in room.files {
                for (number, line) in file.lines.enumerated() where line.firstMatch(of: #/(^|[^A-Za-z])Connection\(/#) != nil {
                    #expect(line.contains("stop: "), "\(file.path):\(number + 1): \(line)")
                }
            }
        }
    }

    @Test("below the executable nobody asks for the time or an identifier, prints, or goes past the gate for files", arguments: [
        #"\bDate\(\)"#, #"\bUUID\(\)"#, #"\bFileManager\b"#, #"(^|[^.A-Za-z])print\("#, #"\bclock_gettime\("#, #"\bfatalError\("#, #"\btry!"#,
    ])
    func words(pattern: String) throws {
        let expression = try Regex(pattern)
        for file in rooms.filter({ $0.name != "msc" }).flatMap(\.files) {
            for (number, line) in file.lines.enumerated() where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") {
                #expect(line.firstMatch(of: expression) == nil, "\(file.path):\(number + 1): \(line)")
            }
        }
    }
}

/// A folder of Sources with Swift in it.
private struct Room {
    struct SourceFile {
        var path: String
        var text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

        /// The modules that the file imports.
        var imports: Set<String> {
            let words: Set<Substring> = ["public", "package", "internal", "private", "fileprivate", "@testable", "import"]
            return Set(
                lines.compactMap { line in
                    let parts = line.split(separator: " ")
                    guard let place = parts.firstIndex(of: "import"), parts[..<place].allSatisfy(words.contains) else { return nil }
                    let rest = parts[(place + 1)...].drop { ["struct", "class", "enum", "func", "protocol", "var"].contains($0) }
                    return rest.first.map { String($0.prefix { $0 != "." }) }
                })
        }
    }

    var name: String
    var files: [SourceFile]

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func all() throws -> [Room] {
        let sources = root.appendingPathComponent("Sources").path
        return try FileManager.default.contentsOfDirectory(atPath: sources).sorted().compactMap { name in
            let paths = try FileManager.default.subpathsOfDirectory(atPath: "\(sources)/\(name)").filter { $0.hasSuffix(".swift") }
            if paths.isEmpty { return nil }
            return Room(
                name: name,
                files: try paths.map {
                    SourceFile(path: "\(name)/\($0)", text: try String(contentsOfFile: "\(sources)/\(name)/\($0)", encoding: .utf8))
                })
        }
    }

    /// Room and what it may import, from the first table of the page.
    static func table() throws -> [String: Set<String>] {
        let page = try String(contentsOf: root.appendingPathComponent("docs/architecture.md"), encoding: .utf8)
        var rows: [String: Set<String>] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3 else { continue }
            let name = cells[0].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
            rows[name] =
                switch cells[2] {
                case let cell where cell.hasPrefix("nothing"): []
                case let cell where cell.hasPrefix("all of the above"):
                    Set(rows.keys)
                default: Set(cells[2].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
                }
        }
        return rows
    }
}
