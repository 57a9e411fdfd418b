// The backups that the service makes: seen and stopped by other processes, kept from a destination that is not there.

import Engine
import FileSystem
import Foundation
import Glibc
import Testing

@Suite("msc watch and its backups", .serialized)
struct WatchBackupTests {
    @Test("a date that was missed is made up for at the start, and the log goes on behind the backup")
    func missed() throws {
        let bench = try Workbench.watched()
        try bench.add("a", "b")
        try bench.dueBackup()
        let service = try bench.watch(until: "backup 1 is complete")
        try bench.add("c")
        try bench.waitForOperation(3)
        let state = try JSON(String(decoding: bench.bytes(bench.companion + "/automation.json"), as: UTF8.self))
        #expect(state["settledUntil"].int ?? 0 > 1_700_000_000_000)
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
        #expect(try bench.json("backups", bench.data)[0]["status"].string == "complete")
    }

    /// A backup that takes seconds.
    private func slowBackup() throws -> Workbench {
        let bench = try Workbench.watched()
        try bench.python(
            """
            db.execute('CREATE TABLE bulk(x)')
            for n in range(120): db.execute('INSERT INTO bulk VALUES(?)', (random.randbytes(1_000_000),))
            """)
        try bench.json("log", "drain", bench.data)
        try bench.dueBackup("", "<CompressionRate>Compact</CompressionRate>")
        return bench
    }

    @Test("another process sees a scheduled backup and stops it: 1406, left to the next date, nothing half-made")
    func stoppedByOther() throws {
        let bench = try slowBackup()
        let service = try bench.watch(until: "a backup begins")
        let application = try Application(data: bench.data)
        var seen: RunningOperation?
        for _ in 0..<2000 where seen?.progress == nil {
            seen = RunningOperation.now(on: application)
            usleep(5000)
        }
        let running = try #require(seen)
        #expect(running.operation == "backup" && running.processID == service.pid)
        try running.requestStop(on: application)
        try service.says("error 1406")
        // What the service notes down about it is published as well, at this moment.
        for _ in 0..<4000 where bench.leftovers != [] { usleep(5000) }
        #expect(bench.leftovers == [] && !bench.exists(bench.archive(1)))
        try bench.add("a")
        service.signal(SIGTERM)
        let ended = service.wait()
        #expect(ended.status == 0 && ended.errors.components(separatedBy: "a backup begins").count == 2, "\(ended.errors)")
    }

    @Test("SIGTERM stops a running backup at a safe point: 1406 in the history, nothing half-made, and the next start makes it up (I2)")
    func terminated() throws {
        let bench = try slowBackup()
        let service = try bench.watch(until: "a backup begins")
        try bench.waitFor(bench.backups)
        service.signal(SIGTERM)
        let ended = service.wait()
        #expect(ended.status == 0 && ended.errors.contains("error 1406"), "\(ended.errors)")
        #expect(bench.leftovers == [] && !bench.exists(bench.archive(1)))
        let next = try bench.watch(until: "a backup begins")
        next.signal(SIGKILL)
        _ = next.wait()
        #expect(!bench.exists(bench.archive(1)))
    }

    @Test("a destination that is not there is told with 1407; when it is back the backup is made")
    func destinationVanishes() throws {
        let bench = try Workbench.watched()
        try bench.dueBackup(
            "<DestinationFolder>\(bench.path("disk"))</DestinationFolder>",
            "<BackupFailure><TryToBackupAfter>0000-00-00T00:00:01</TryToBackupAfter></BackupFailure>")
        let service = try bench.watch(until: "error 1407")
        mkdir(bench.path("disk"), 0o700)
        try service.says("backup 1 is complete")
        #expect(bench.exists(bench.path("disk/SampleDB[0001].4BK")))
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
    }

    @Test("only the owner and root can ask to stop: the folder of locks is closed to others")
    func permissions() throws {
        let bench = try Workbench.watched()
        let service = try bench.watch()
        for (path, mode) in [(bench.companion, mode_t(0o700)), (bench.companion + "/Lock", 0o700), (bench.companion + "/Lock/watch", 0o600)] {
            #expect((Folder.status(of: path)?.st_mode ?? 0) & 0o777 == mode, "\(path)")
        }
        if geteuid() == 0, Folder.exists("/usr/bin/setpriv") {
            chmod(bench.folder, 0o755)
            let stranger = try RunningProgram(
                "setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "touch", bench.companion + "/Lock/operation.stop-\(service.pid)"],
                in: bench.folder, name: ".runs/stranger")
            let ended = stranger.wait()
            #expect(ended.status != 0 && ended.errors.contains("denied"), "\(ended.errors)")
        }
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
    }
}
