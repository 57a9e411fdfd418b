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
        // And opened there only: one way to open, see Way.swift.
        #"(^|[^.A-Za-z0-9_])(opendir|fdopendir|openat2|syscall|mkfifo|mknod|renameat2|linkat|readlink|readlinkat|realpath)\("#,
        #"\b(contentsOfFile|contentsOfDirectory|FileHandle|FileWrapper|NSData|InputStream|OutputStream)\b|\b(Data|String|XMLDocument)\(contentsOf:"#,
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

    @Test("nothing is opened by flags of open(2) outside of FileSystem, but for a child's empty input")
    func flags() throws {
        let expression = try Regex(#"\bO_[A-Z]+\b"#)
        for file in rooms.filter({ $0.name != "FileSystem" }).flatMap(\.files) {
            for (number, line) in file.lines.enumerated() where !line.contains(#""/dev/null", O_RDONLY"#) && !line.contains("F_SETFL") {
                #expect(line.firstMatch(of: expression) == nil, "\(file.path):\(number + 1): \(line)")
            }
        }
    }

    @Test("FileSystem itself opens, makes, renames and removes by an open folder and a name, not by path", arguments: [
        #"(^|[^.A-Za-z0-9_])(rename|unlink|rmdir|mkdir|chmod|chown|lchown|link|symlink|opendir|creat|truncate|mkdtemp|mkstemp|fopen)\([^)]"#,
        #"(^|[^.A-Za-z0-9_])open\("|\bGlibc\.(open|link|rename)\b|\bopenat\(AT_FDCWD\b"#,
        #"(^|[^.A-Za-z0-9_])open\([^)]*\bO_[A-Z]+"#,
    ])
    func byName(pattern: String) throws {
        let expression = try Regex(pattern)
        let room = try #require(rooms.first { $0.name == "FileSystem" })
        // Of a process, not of the folder of anybody.
        for file in room.files where !file.path.hasSuffix("/ProcessMark.swift") {
            for (number, line) in file.lines.enumerated()
            where !line.trimmingCharacters(in: .whitespaces).hasPrefix("//") && !line.contains("func ") {
                #expect(line.firstMatch(of: expression) == nil, "\(file.path):\(number + 1): \(line)")
            }
        }
    }

    @Test("C opens files in CLinux only, for FileSystem; SQLite opens its own, in Connection+Opening only")
    func openingInC() throws {
        let calls = try Regex(#"(^|[^.A-Za-z0-9_])(open|openat|openat2|fopen|creat|rename|renameat2|unlink|chmod|chown)\("#)
        for path in Room.cFiles() where !path.hasPrefix("CLinux/") {
            for (number, line) in try Room.text(path).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                #expect(line.firstMatch(of: calls) == nil, "\(path):\(number + 1): \(line)")
            }
        }
        let opening = try Regex(#"\bsqlite3_open\w*\("#)
        for file in rooms.flatMap(\.files) where file.text.contains("sqlite3_open") {
            #expect(file.path == "Database/Connection+Opening.swift")
            for line in file.lines where line.contains("sqlite3_open") { #expect(line.contains("flags")) }
            #expect(file.text.contains(opening) && file.text.components(separatedBy: "flags = ").count == 3)
            #expect(file.text.components(separatedBy: "SQLITE_OPEN_NOFOLLOW").count == 3)
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

    /// Paths below Sources.
    static func cFiles() -> [String] {
        let sources = root.appendingPathComponent("Sources").path
        return ((try? FileManager.default.subpathsOfDirectory(atPath: sources)) ?? []).filter { $0.hasSuffix(".c") || $0.hasSuffix(".h") }
    }

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent("Sources").appendingPathComponent(path), encoding: .utf8)
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
