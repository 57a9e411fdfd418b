import Dispatch
import FileSystem
import FoundationEssentials
import Glibc
import Synchronization
import Testing
import Vocabulary

@testable import Engine

@Suite("Hooks")
struct HookTests {
    private let site: Site
    private let folder: String
    /// What the hooks write down.
    private let notes: String

    init() throws {
        site = try Site()
        folder = site.application.companion + "/Hooks"
        notes = site.folder + "/notes"
        try Folder.create(folder)
        try site.add("a")
    }

    private func put(_ name: String, _ script: String, mode: mode_t = 0o700) throws {
        let path = "\(folder)/\(name)"
        try Publication.write(Array("#!/bin/sh\n\(script)\n".utf8), to: path)
        chmod(path, mode)
    }

    private func failure(_ job: Job = Job()) -> Failure? {
        do {
            _ = try site.backup(job)
            return nil
        } catch { return error as? Failure }
    }

    private func noted() -> String { (try? ScratchApplication.read(notes)) ?? "" }
    private func journal() throws -> [JournalReading] { try BackupJournal.newest(of: site.application) }

    @Test("both are run around a backup, and told which one it is and how it ended")
    func told() throws {
        for name in ["on-backup-startup", "on-backup-shutdown"] {
            try put(name, "echo \"\(name) $# $1 $MSC_DATA $MSC_BACKUP_NUMBER $MSC_ARCHIVE $MSC_STATUS.\" >> '\(notes)'; test -e \"$MSC_ARCHIVE\" && echo there >> '\(notes)'; echo all is well")
        }
        let outcome = try site.backup()
        #expect(outcome.warnings == [])
        #expect(noted() == """
            on-backup-startup 0  \(site.application.data) 1 \(site.archive(1)) .
            on-backup-shutdown 1 0 \(site.application.data) 1 \(site.archive(1)) 0.
            there

            """)
        let hooks = try journal().filter { $0.event == "hook" }
        #expect(hooks.map(\.status) == ["accepted", "told"] && hooks.allSatisfy { $0.detail == "all is well" && $0.number == "1" })
    }

    @Test("1522: a hook that exits with another status than 0 refuses the backup; the other one is told so")
    func refuses() throws {
        try put("on-backup-startup", "echo 'the disk is'; echo nearly full >&2; exit 7")
        try put("on-backup-shutdown", "echo $1 $MSC_STATUS >> '\(notes)'")
        let found = try #require(failure())
        #expect(found.code == .hookRefused && found.cause == "the disk is nearly full" && found.message.contains("status 7"))
        #expect(try site.sets() == [] && noted() == "1522 1522\n")
        #expect(try BackupSet.lastAttempt(of: site.application) == nil || BackupSet.lastAttempt(of: site.application)?.status == "failed")
        #expect(try journal().contains { $0.event == "hook" && $0.status == "refused" })
        #expect(try journal().contains { $0.event == "failure" && $0.error == "1522" })
        try put("on-backup-startup", "exit 0")
        #expect(failure() == nil)
    }

    @Test("the shutdown hook hears of a failure and of a Stop")
    func failures() throws {
        try put("on-backup-shutdown", "echo \"$1 $MSC_ARCHIVE.\" >> '\(notes)'")
        try site.set("<Nothing/></Advanced><General><DestinationFolder>/nowhere</DestinationFolder></General><Advanced>")
        #expect(failure()?.code == .destinationInvalid)
        try Folder.removeFile(site.application.settingsFile)
        let job = Job()
        job.stop()
        #expect(failure(job)?.code == .stopped)
        #expect(noted() == "1407 .\n1406 .\n")
    }

    @Test("a hook that hangs is ended at its limit with all it started, and the backup is refused")
    func hangs() throws {
        try site.set("<HookTimeLimit>00:00:01</HookTimeLimit>")
        try put("on-backup-startup", "trap '' TERM; echo begun; (sleep 600 & echo $! > '\(notes)'; wait); sleep 600")
        let found = try #require(failure())
        #expect(found.code == .hookFailed && found.message.contains("had not ended after 1 second"))
        let child = try #require(pid_t(noted().filter { !$0.isWhitespace }))
        // Killed; perhaps not yet collected by its new parent.
        let state = (try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)) ?? ""
        #expect(state.isEmpty || state.contains(") Z "), "\(state)")
    }

    @Test("a Stop ends the waiting for a hook")
    func stop() throws {
        try put("on-backup-startup", "sleep 600")
        let job = Job()
        // A queue of its own: the tests' threads are all taken.
        DispatchQueue(label: "stop").async {
            for _ in 0..<2000 where job.progress.phase != "Asking the hook" { usleep(2000) }
            job.stop()
        }
        #expect(failure(job)?.code == .stopped)
    }

    @Test("what a hook leaves running does not keep the backup waiting, and what it says without end does not either")
    func daemons() throws {
        try put("on-backup-startup", "sleep 30 & head -c 3000000 /dev/zero | tr '\\0' 'x'; exit 0")
        #expect(failure() == nil)
        let line = try #require(try journal().first { $0.event == "hook" })
        #expect(line.detail.count == 2000)
    }

    @Test("a failing shutdown hook is a warning of a backup that is done")
    func shutdownFails() throws {
        try put("on-backup-shutdown", "kill -9 $$")
        let outcome = try site.backup()
        #expect(outcome.status == .complete && outcome.warnings.count == 1 && outcome.warnings[0].contains("signal 9"))
    }

    @Test("a hook may be a link to a program deeper in its folder; every folder on the way is looked at")
    func deeper() throws {
        try Folder.create(folder + "/mine")
        chmod(folder + "/mine", 0o700)
        try put("mine/program", "echo ran >> '\(notes)'")
        #expect(symlink("mine/program", folder + "/on-backup-startup") == 0)
        #expect(failure() == nil && noted() == "ran\n")
        chmod(folder + "/mine", 0o777)
        let found = failure()
        #expect(found?.code == .hookFailed && found?.cause?.contains("others may write to '\(folder)/mine'") == true, "\(String(describing: found))")
        #expect(noted() == "ran\n")
    }

    @Test("1523: what others may write to, links out of the folder, and what is no program are not run")
    func unfit() throws {
        func expect(_ reason: String, at location: SourceLocation = #_sourceLocation) throws {
            let found = failure()
            #expect(found?.code == .hookFailed && found?.cause?.contains(reason) == true, "\(String(describing: found))", sourceLocation: location)
            #expect(!Folder.exists(notes), sourceLocation: location)
        }
        let hook = folder + "/on-backup-startup"
        let script = "touch '\(notes)'"
        try put("on-backup-startup", script, mode: 0o720)
        try expect("others may write to '\(hook)'")
        try put("on-backup-startup", script, mode: 0o702)
        try expect("others may write to '\(hook)'")
        try put("on-backup-startup", script, mode: 0o600)
        try expect("not executable")
        try put("on-backup-startup", script)
        chmod(folder, 0o770)
        try expect("others may write to '\(folder)'")
        chmod(folder, 0o700)
        chmod(site.application.companion, 0o777)
        try expect("others may write to '\(site.application.companion)'")
        chmod(site.application.companion, 0o700)
        if geteuid() == 0 {
            chown(hook, 1234, 1234)
            try expect("another user")
        }
        try Folder.removeFile(hook)
        try Folder.create(hook)
        try expect("not a plain file")
        rmdir(hook)
        try Publication.write(Array("#!/bin/sh\n\(script)\n".utf8), to: site.folder + "/outside")
        chmod(site.folder + "/outside", 0o700)
        symlink(site.folder + "/outside", hook)
        try expect("link out of its folder")
        unlink(hook)
        symlink("nowhere", hook)
        try expect("leads nowhere")
        unlink(hook)
        try Publication.write(Array("no program".utf8), to: hook)
        chmod(hook, 0o700)
        try expect("Exec format error")
        // A link inside of the folder is as good as a file.
        unlink(hook)
        try put("the-script", script)
        symlink("the-script", hook)
        #expect(failure() == nil && Folder.exists(notes))
    }

    @Test("what was looked at is what runs: a script is read by its descriptor, knows its path, and a program needs no right to be read")
    func descriptors() throws {
        try put("on-backup-startup", "test -r \"$0\" && echo \"$MSC_HOOK $(readlink \"$0\")\" >> '\(notes)'")
        #expect(failure() == nil)
        let path = folder + "/on-backup-startup"
        #expect(noted() == "\(path) \(path)\n")
        // No script: the descriptor that a script needs does it no harm.
        try Folder.removeFile(path)
        let program = try File.contents(of: try #require(Folder.resolved("/bin/true")), atMost: 1 << 24)
        try Publication.write(program, to: path)
        chmod(path, 0o711)
        #expect(failure() == nil)
    }

    @Test("a pipe in the place of a hook is refused at once, and a folder anywhere above that others may write to is too")
    func above() throws {
        #expect(mkfifo(folder + "/on-backup-startup", 0o700) == 0)
        #expect(failure()?.cause == "it is not a plain file")
        try Folder.removeFile(folder + "/on-backup-startup")
        try put("on-backup-startup", "echo ran >> '\(notes)'")
        // Above the folder of the database.
        chmod(site.folder, 0o777)
        #expect(failure()?.cause == "others may write to '\(site.folder)'")
        // Where they cannot replace what is not theirs, they may.
        chmod(site.folder, 0o1777)
        #expect(failure() == nil && noted() == "ran\n")
        chmod(site.folder, 0o700)
        if geteuid() == 0 {
            chown(site.folder, 1234, 1234)
            let hook = try #require(Hook(.startup, of: site.application))
            #expect(throws: Failure.self) { _ = try hook.run([], [], limit: 60, nil) }
            chown(site.folder, 0, 0)
        }
        #expect(failure() == nil)
    }

    @Test("while the folder of the hooks is exchanged in a loop with one that others may write to, no hook of theirs runs")
    func exchanged() throws {
        try put("on-backup-startup", "exit 0")
        let other = site.application.companion + "/Others"
        try Folder.create(other)
        try Publication.write(Array("#!/bin/sh\necho theirs >> '\(notes)'\n".utf8), to: other + "/on-backup-startup")
        chmod(other + "/on-backup-startup", 0o777)
        let aside = site.application.companion + "/aside"
        let ended = DispatchSemaphore(value: 0)
        let flag = Flag()
        DispatchQueue(label: "exchange").async { [folder] in
            while !flag.isOver.load(ordering: .relaxed) {
                rename(folder, aside)
                rename(other, folder)
                rename(folder, other)
                rename(aside, folder)
            }
            ended.signal()
        }
        for _ in 0..<400 { _ = try? Hook(.startup, of: site.application)?.run([], [], limit: 60, nil) }
        flag.isOver.store(true, ordering: .relaxed)
        ended.wait()
        #expect(noted() == "")
    }

    @Test("a hook that is exchanged after it was looked at does not run: the one that was looked at does")
    func exchangedOnce() throws {
        try put("on-backup-startup", "echo ours >> '\(notes)'")
        let program = try #require(Hook(.startup, of: site.application)).open()
        rename(folder, folder + ".aside")
        try Folder.create(folder)
        try put("on-backup-startup", "echo theirs >> '\(notes)'", mode: 0o777)
        let child = try ChildProcess(program, named: folder + "/on-backup-startup", [], [])
        #expect(child.wait(limit: 60, nil) == .exited(0) && noted() == "ours\n")
    }
}

private final class Flag: Sendable {
    let isOver = Atomic<Bool>(false)
}
