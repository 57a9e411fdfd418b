// Log and backups hold what was deleted long ago: whoever cannot read the data shall not read them either, and is it so, that is said.

import EngineSupport
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Files that are more open than the data")
struct ExposureTests {
    private let site: Site
    /// A folder that everybody may enter, for log and backups.
    private let open: String

    init() throws {
        site = try Site(startsLog: false)
        open = site.folder + "-open"
        try Folder.create(open)
        chmod(open, 0o755)
        chmod(site.application.data, 0o644)
        let key = try #require(BackupSettings.key("General/DestinationFolder"))
        try BackupSettings.change(key, to: [open], of: site.application)
        _ = try site.start(at: open + "/SampleDB.journal")
        try site.add("a")
        _ = try site.backup()
    }

    private func warnings() throws -> [String] {
        let status = try site.status()
        let check = Health.of(site.application, site.surroundings).checks.first { $0.name == "permissions" }
        #expect((check != nil) == !status.exposed.isEmpty)
        if let check { #expect(check.state == .warning && check.message == status.exposed.joined(separator: "; ")) }
        return status.exposed
    }

    @Test("the data's folder protects them, log and backups stand elsewhere: they are closed, and each that somebody opens is named")
    func folders() throws {
        defer { try? Folder.removeTree(open) }
        let files = try Folder.contents(of: open).filter { $0.hasPrefix("SampleDB") }
        #expect(files.count == 3, "\(files)")
        for name in files { #expect((Folder.status(of: Folder.join(open, name))?.st_mode ?? 0) & 0o7777 == 0o600, "\(name)") }
        #expect(try warnings().isEmpty)
        for name in files {
            let path = Folder.join(open, name)
            // Others, or the group, which is the data's too: the folder of the data keeps it out.
            for mode in [mode_t(0o604), 0o640] {
                chmod(path, mode)
                let found = try warnings()
                #expect(found.count == 1 && found.first?.contains("'\(path)'") == true, "\(name) \(String(mode, radix: 8)): \(found)")
            }
            chmod(open, 0o700)
            #expect(try warnings().isEmpty)
            chmod(open, 0o755)
            chmod(path, 0o600)
        }
        for name in files { chmod(Folder.join(open, name), 0o644) }
        #expect(try warnings().count == 2)
        // Who can read the data may read the others.
        chmod(site.folder, 0o755)
        #expect(try warnings().isEmpty)
    }
}
