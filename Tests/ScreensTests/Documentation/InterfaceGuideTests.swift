// The tables of keys in docs/interface.md are those of the program. A run with MSC_RECORD=1 writes them anew.

import Engine
import FileSystem
import FoundationEssentials
import TerminalKit
import Testing
import Vocabulary

@testable import Screens

@Suite("Guide to the interface")
struct InterfaceGuideTests {
    private static let path = #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined() + "/docs/interface.md"

    /// The tables by the name in their mark, `<!-- keys NAME -->`.
    private static func tables() throws -> [String: String] {
        let context = try Fixture.context()
        var tables: [String: String] = [:]
        func add<ID>(_ name: String, _ table: ActionTable<ID>) { tables[name] = markdown(table.rows.map { ($0.keys, $0.title, $0.help) }) }
        for (id, page) in AllPages.make() where id != .restore { add(id.rawValue, page.actions(context)) }
        let model = AppModel(
            Fixture.application, Fixture.surroundings, pages: AllPages.make(), front: .information, isReadOnly: false, now: .zero,
            size: GridSize(columns: 80, rows: 24))
        add("everywhere", model.frameActions())
        for (name, scene) in [
            ("restore-1", PictureTests.Scene.backups), ("restore-2", .contents), ("restore-3", .logs), ("restore-4", .review), ("restore-5", .askingForNext),
        ] {
            var wizard = try Wizard()
            try scene.play(&wizard)
            add(name, wizard.page.actions(wizard.context))
        }
        return tables
    }

    private static func markdown(_ rows: [(keys: [Key], title: String, help: String)]) -> String {
        let lines = rows.map { row in
            let keys = row.keys.map { "`\($0.name.replacing("|", with: "\\|"))`" }.joined(separator: ", ")
            return "| \(keys) | \(row.title) | \(row.help) |"
        }
        return (["| keys | | |", "| --- | --- | --- |"] + lines).joined(separator: "\n")
    }

    @Test("every table of keys is the one of the program, and every page has one")
    func keys() throws {
        let text = String(decoding: try File.contents(of: InterfaceGuideTests.path, atMost: 1 << 20), as: UTF8.self)
        let tables = try InterfaceGuideTests.tables()
        var lines: [String] = []
        var seen: Set<String> = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "<!-- end -->" { isInside = false }
            if !isInside { lines.append(String(line)) }
            guard line.hasPrefix("<!-- keys "), line.hasSuffix(" -->") else { continue }
            let name = String(line.dropFirst(10).dropLast(4))
            let table = try #require(tables[name], "there is no table '\(name)'")
            seen.insert(name)
            lines += table.split(separator: "\n").map(String.init)
            isInside = true
        }
        #expect(seen == Set(tables.keys))
        let wanted = lines.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["MSC_RECORD"] != nil {
            try Publication.write(Array(wanted.utf8), to: InterfaceGuideTests.path)
            return
        }
        #expect(wanted == text)
    }

    @Test("every picture named in the guide is made by the script, and every picture made is in the guide")
    func pictures() throws {
        let text = String(decoding: try File.contents(of: InterfaceGuideTests.path, atMost: 1 << 20), as: UTF8.self)
        let root = InterfaceGuideTests.path.split(separator: "/").dropLast(2).map { "/\($0)" }.joined()
        let script = String(decoding: try File.contents(of: root + "/scripts/screenshots.sh", atMost: 1 << 20), as: UTF8.self)
        let named = text.split(separator: "](../screenshots/").dropFirst().compactMap { $0.split(separator: ".png").first.map(String.init) }
        let made = script.split(separator: "\n").filter { $0.hasPrefix("picture ") }.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        #expect(Set(named) == Set(made))
        #expect(!made.isEmpty)
    }
}
