// Whether a backup that the settings want only of changed data is made: without a log the time of the data file tells.

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("A backup only of changed data")
struct ChangedDataTests {
    /// The data file's time, and that of the file with SQLite's last pages, this many seconds from now.
    private func setTime(_ path: String, _ seconds: Int) {
        var times = [timespec(), timespec()]
        clock_gettime(CLOCK_REALTIME, &times[0])
        times[0].tv_sec += seconds
        times[1] = times[0]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
    }

    @Test("without a log: the first one always, then only when the data file or its -wal file was written to since")
    func withoutLog() throws {
        let site = try Site(startsLog: false)
        try site.set("<BackupIfDataChange>True</BackupIfDataChange>")
        try site.add("a")
        let automatic = AutomaticBackup(application: site.application, surroundings: site.surroundings)
        #expect(try automatic.hasChanged())
        guard case .done = try automatic.run(Job()) else {
            Issue.record("there was no backup yet")
            return
        }
        let wal = site.application.data + "-wal"
        #expect(Folder.exists(wal))
        setTime(site.application.data, -60)
        setTime(wal, -60)
        #expect(try automatic.run(Job()) == .postponed)
        setTime(wal, 60)
        #expect(try automatic.hasChanged())
        setTime(wal, -60)
        setTime(site.application.data, 60)
        #expect(try automatic.hasChanged())
        #expect(try site.sets().count == 1)
    }
}
