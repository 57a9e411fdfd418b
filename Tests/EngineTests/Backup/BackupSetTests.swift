import FileSystem
import Glibc
import Testing

@testable import Engine

@Suite("The list of backups")
struct BackupSetTests {
    @Test("a destination that is also given by a link lists its sets once")
    func link() throws {
        let site = try Site()
        try site.add("a")
        _ = try site.backup()
        let link = site.folder + "/link"
        #expect(symlink(site.application.defaultDestination, link) == 0)
        try BackupSettings.change(try #require(BackupSettings.key("General/DestinationFolder")), to: [link], of: site.application)
        #expect(try site.sets().map(\.number) == [1])
        try site.add("b")
        _ = try site.backup()
        #expect(try site.sets().map(\.number) == [2, 1])
        #expect(try site.sets().map(\.present) == [true, true])
    }
}
