// docs/cli.md and the program name the same subcommands and options.

import Foundation
import Testing

@Suite("docs/cli.md")
struct CommandListTests {
    private let page: String

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        page = try String(contentsOf: root.appendingPathComponent("docs/cli.md"), encoding: .utf8)
    }

    /// The names under SUBCOMMANDS in a help text.
    private func subcommands(of help: String) -> [String] {
        guard let start = help.range(of: "SUBCOMMANDS:\n") else { return [] }
        return help[start.upperBound...].split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }.filter { $0 != "See" }
    }

    @Test("every subcommand stands on the page, and every one on the page exists")
    func agree() throws {
        let bench = try Workbench()
        var found: Set<String> = []
        for name in subcommands(of: try bench.msc("--help").output) where name != "open" {
            let inner = subcommands(of: try bench.msc("help", name).output)
            found.formUnion(inner.isEmpty ? [name] : inner.map { "\(name) \($0)" })
        }
        let listed = page.split(separator: "\n").filter { $0.hasPrefix("msc ") && !$0.hasPrefix("msc [") }.map { line in
            let words = line.split(separator: " ").dropFirst().prefix { $0.allSatisfy(\.isLowercase) }
            return words.prefix(2).joined(separator: " ")
        }
        #expect(found == Set(listed.filter { !$0.isEmpty }))
    }

    @Test("every option of every subcommand stands on the page")
    func options() throws {
        let bench = try Workbench()
        let commands = [
            ["info"], ["log", "start"], ["log", "stop"], ["log", "status"], ["log", "drain"], ["log", "new"], ["log", "check"],
            ["log", "anchor"], ["log", "key"],
            ["log", "export"], ["activity"], ["backup"], ["backups"], ["restore"], ["integrate"], ["rollback"], ["verify"], ["settings"], ["resume"], ["repair"],
            ["watch"], ["check"],
        ]
        for command in commands {
            let help = try bench.start(["help"] + command).wait().output
            for match in help.matches(of: /(?m)^  (--[a-z-]+)/) {
                #expect(page.contains(String(match.1)), "\(command.joined(separator: " ")) \(match.1)")
            }
        }
    }
}
