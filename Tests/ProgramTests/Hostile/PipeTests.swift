// Pipes, and files that the kernel makes up, in the place of every file that msc opens: nothing waits for their other end.

import FileSystem
import Glibc
import Testing

@Suite("Pipes in the place of files")
struct PipeTests {
    private static let commands = [["info"], ["check"], ["backup"], ["log", "drain"]]

    private func run(_ bench: Workbench, _ command: [String], with name: String) throws -> String {
        let program = try bench.start(command + [bench.data])
        for _ in 0..<180_000 where program.isRunning { usleep(10_000) }
        #expect(!program.isRunning, "\(command) waits with a pipe as \(name)")
        if program.isRunning { program.signal(SIGKILL) }
        let ended = program.wait()
        #expect((0...3).contains(ended.status), "\(command) with a pipe as \(name) ended with \(ended.status)")
        return ended.output + ended.errors
    }

    /// Puts something in the place of a file, runs every command, and puts the file back.
    private func replace(_ name: String, in bench: Workbench, by make: (String) -> Int32) throws -> String {
        let path = bench.path(name)
        let aside = bench.path(".runs/aside")
        let isThere = Folder.exists(path)
        if isThere { try Folder.move(path, to: aside) }
        try Folder.create(Folder.parent(of: path))
        #expect(make(path) == 0, "\(name)")
        var said = ""
        for command in Self.commands { said += try run(bench, command, with: name) }
        unlink(path)
        if isThere { try Folder.move(aside, to: path) }
        return said
    }

    @Test("every command ends at once, and says what is wrong with a file of ours")
    func everyFile() throws {
        let bench = try Workbench.logged()
        try bench.json("backup", bench.data)
        let companion = bench.name + ".msc/"
        for name in [
            "Settings/Backup.4DSettings", "application.json", "Backups/backupHistory.json", "Lock/operation", "Lock/log",
            "Logs/Backup Journal[001].txt",
        ] {
            let said = try replace(companion + name, in: bench) { mkfifo($0, 0o600) }
            #expect(said.contains("pipe"), "\(name): \(said)")
        }
        let said = try replace(companion + "Settings/Backup.4DSettings", in: bench) { symlink("/proc/kmsg", $0) }
        #expect(said.contains("the system makes up"), "\(said)")
        let others = [".journal", ".db-journal", ".db-wal", ".db-shm"].map { bench.name + $0 }
            + ["automation.json", "Backups/\(bench.name)[0009].4BK"].map { companion + $0 }
        for name in others {
            _ = try replace(name, in: bench) { mkfifo($0, 0o600) }
        }
        // Nothing of it left anything behind.
        #expect(try bench.python("print(db.execute('SELECT 1').fetchone()[0])").contains("1"))
        try bench.json("log", "drain", bench.data)
        try bench.json("backup", bench.data)
    }
}
