// What the system does not let a user see is no reason to say that it is not there: every command, with each part of a database closed.

import FileSystem
import Glibc
import Testing

@Suite(
    "What a user may not read", .enabled(if: geteuid() == 0, "needs root to become another user"),
    .enabled(if: programIsReachable, "needs the program where every user can run it"))
struct HiddenFilesTests {
    /// Data and companion in one folder, log and backups in two others: everything open to everybody.
    private static func bench() throws -> Workbench {
        let bench = try Workbench()
        for folder in ["logs", "sets", "out"] { mkdir(bench.path(folder), 0o755) }
        try bench.sqlite("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT); INSERT INTO item(name) VALUES('first')")
        try bench.json("settings", bench.data, "General/DestinationFolder", bench.path("sets"))
        try bench.json("log", "start", bench.data, "--log", bench.path("logs/SampleDB.journal"))
        try bench.add("a")
        try bench.json("backup", bench.data)
        try bench.add("b")
        try bench.json("log", "drain", bench.data)
        for name in bench.listing() {
            let path = bench.path(name)
            chmod(path, Folder.isFolder(path) ? 0o755 : 0o644)
        }
        // So that nothing but what is closed stands in the way.
        for folder in [bench.folder, bench.path("out"), bench.path("sets")] { chmod(folder, 0o777) }
        return bench
    }

    private static func commands(_ bench: Workbench) -> [[String]] {
        let (data, log) = (bench.data, bench.path("logs/SampleDB.journal"))
        let (archive, sealed) = (bench.path("sets/SampleDB[0002].4BK"), bench.path("sets/SampleDB[0001].4BL"))
        let onData = [
            ["info"], ["backup"], ["backups"], ["log", "start"], ["log", "stop"], ["log", "status"], ["log", "drain"], ["log", "new"], ["log", "export", "--format", "csv"],
            ["activity"], ["verify"], ["settings"], ["check"],
        ].map { $0 + [data] }
        return onData + [
            ["log", "check", log], ["log", "check", sealed], ["log", "export", sealed, "--format", "csv"], ["activity", log], ["verify", archive], ["verify", sealed],
            ["verify", "--restore", archive], ["repair", archive], ["repair", log], ["integrate", data, sealed], ["rollback", data, "--to-operation", "1"],
            ["restore", archive, "--to", bench.path("out/r"), "--integrate", "auto"], ["restore", archive, "--in-place"],
            ["settings", data, "General/IncludeDataFile"], ["settings", data, "General/IncludeDataFile", "False"],
        ]
    }

    /// What is only said of things that are known not to be there, or to be something else.
    private static let misleading = [
        "no backup", "is missing", "not exist", "is not there", "not at its place", "is lost", "there is no ", "no such", "is a copy", "no log follows",
        "error 1274", "error 1407", "error 1410", "error 1412", "error 1508", "error 1513",
    ]

    /// - Parameter told: the commands that have to do with it and so must fail with 1511 themselves; all others that fail must say so too.
    @Test(
        "every command says 1511, and never that something is missing, a copy or invalid",
        arguments: [
            (".", 0o700, ["info", "check", "restore", "verify", "log check"]), ("SampleDB.db", 0o600, ["info", "backup", "verify", "log status"]),
            ("SampleDB.msc", 0o700, ["info", "backups", "settings"]), ("SampleDB.msc/application.json", 0o600, ["backups", "log status"]),
            ("SampleDB.msc/Settings", 0o700, ["settings", "backup"]), ("SampleDB.msc/Settings/Backup.4DSettings", 0o600, ["settings", "backup"]),
            ("sets", 0o700, ["backups", "restore", "verify", "repair", "info"]), ("sets", 0o711, ["backups"]),
            ("sets/backupHistory.json", 0o600, ["backups"]), ("sets/SampleDB[0002].4BK", 0o600, ["restore", "verify", "repair"]),
            ("sets/SampleDB[0001].4BL", 0o600, ["log check", "integrate"]), ("logs", 0o700, ["log check", "activity", "log drain", "log status"]),
            ("logs/SampleDB.journal", 0o600, ["log check", "activity", "log drain", "log status"]),
        ] as [(String, mode_t, [String])])
    func closed(_ part: String, _ mode: mode_t, _ told: [String]) throws {
        let bench = try Self.bench()
        chmod(bench.path(part), mode)
        var heard: Set<String> = []
        for arguments in Self.commands(bench) {
            let program = ["--reuid=12345", "--regid=12345", "--clear-groups", Workbench.msc] + arguments
            let ended = try RunningProgram("setpriv", program, in: bench.folder, name: ".runs/hidden-\(UInt32.random(in: 0...UInt32.max))").wait()
            let text = ended.output + ended.errors
            let command = "\(part): msc \(arguments.joined(separator: " ")): \(ended.status) \(text)"
            for words in Self.misleading { #expect(!text.contains(words), "\(words) in \(command)") }
            // A warning of the check is no error; everything else that fails has this one reason, or that the other user may not write.
            if ended.status != 0, arguments[0] != "check" || ended.status == 3 { #expect(text.contains("error 1511"), "\(command)") }
            if text.contains("1511") || text.contains("may not be read") {
                heard.formUnion([arguments[0], arguments.prefix(2).joined(separator: " ")])
            }
        }
        #expect(heard.isSuperset(of: told), "\(part): \(told) in \(heard.sorted())")
    }
}
