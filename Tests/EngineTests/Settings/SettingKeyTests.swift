import Engine
import FileSystem
import FoundationEssentials
import Glibc
import Testing
import Vocabulary

@Suite("The table of settings")
struct SettingKeyTests {
    @Test("docs/settings.md describes every key as the code does")
    func documentation() throws {
        let rows = BackupSettings.keys.map { key in
            let standard = key.texts(in: BackupSettings()).joined(separator: ", ")
            return "| \(key.path) | \(key.accepted) | \(standard.isEmpty ? "(empty)" : standard) | \(key.meaning) |"
        }
        let isRow = { (line: String) in ["| Scheduler/", "| General/", "| Advanced/"].contains { line.hasPrefix($0) } }
        if getenv("MSC_RECORD") != nil {
            var lines = try ScratchApplication.documentationText("settings.md").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let start = try #require(lines.firstIndex(where: isRow))
            lines.removeAll(where: isRow)
            lines.insert(contentsOf: rows, at: start)
            try Publication.write(Array(lines.joined(separator: "\n").utf8), to: ScratchApplication.documentationPath("settings.md"))
        }
        #expect(try ScratchApplication.documentation("settings.md").filter(isRow) == rows, "MSC_RECORD=1 writes the table anew")
    }

    @Test("every value that is read is written the same, and a value refused changes nothing")
    func roundTrip() throws {
        for key in BackupSettings.keys {
            var settings = BackupSettings()
            try key.set(key.texts(in: settings), in: &settings)
            #expect(settings == BackupSettings(), "\(key.path)")
            #expect(throws: Failure.self) { try key.set(["\u{7}"], in: &settings) }
            if !key.isList { #expect(throws: Failure.self) { try key.set(["True", "True"], in: &settings) } }
            #expect(settings == BackupSettings(), "\(key.path)")
        }
        #expect(Set(BackupSettings.keys.map(\.path)).count == BackupSettings.keys.count)
    }

    @Test("a list has at most 10,000 items and no path more than 4,096 bytes")
    func bounds() throws {
        let key = try #require(BackupSettings.key("General/IncludesFiles"))
        var settings = BackupSettings()
        try key.set(Array(repeating: "/x", count: 10_000), in: &settings)
        #expect(throws: Failure.self) { try key.set(Array(repeating: "/x", count: 10_001), in: &settings) }
        #expect(throws: Failure.self) { try key.set(["/" + String(repeating: "x", count: 4096)], in: &settings) }
        #expect(settings.attachments.count == 10_000)
    }
}
