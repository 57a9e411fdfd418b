// What root restores belongs to whoever owns the place: nobody is locked out of his own data.

import EngineSupport
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Owner of restored files", .enabled(if: geteuid() == 0, "only root gives files away"))
struct OwnershipTests {
    private let bench: LoggedApplication

    init() throws {
        bench = try LoggedApplication()
        try bench.workedExample()
        chown(bench.folder, 12345, 12346)
    }

    private func expect(_ path: String, owner: uid_t, group: gid_t, mode: mode_t? = nil) throws {
        let status = try #require(Folder.status(of: path))
        #expect(status.st_uid == owner && status.st_gid == group, "\(path)")
        if let mode { #expect(status.st_mode & 0o7777 == mode, "\(path)") }
    }

    @Test("a missing data file comes back as the owner of its folder")
    func missing() throws {
        try Folder.removeFile(bench.application.data)
        _ = try bench.restore(1, .inPlace)
        try expect(bench.application.data, owner: 12345, group: 12346)
    }

    @Test("a damaged data file comes back with the owner, group and mode that it had")
    func damaged() throws {
        try Publication.write(Array(repeating: 7, count: 5000), to: bench.application.data)
        chown(bench.application.data, 12347, 12348)
        chmod(bench.application.data, 0o640)
        _ = try bench.restore(1, .inPlace)
        try expect(bench.application.data, owner: 12347, group: 12348, mode: 0o640)
    }

    @Test("a folder that is restored, its folders and its files belong to the owner of the folder above")
    func folder() throws {
        let outcome = try bench.restore(1, .folder(bench.folder + "/back"))
        for path in [bench.folder + "/back", bench.folder + "/back/Data", try #require(outcome.data)] {
            try expect(path, owner: 12345, group: 12346)
        }
    }
}
