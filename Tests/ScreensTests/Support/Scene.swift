// Fixed data for tests of pages: an application that exists nowhere, a stopped clock, log and backups made up.

import Engine
import Glibc
import TerminalKit
import Vocabulary

@testable import Engine
@testable import Screens

enum Scene {
    /// 2026-11-21 10:13:17 UTC.
    static let now: Int64 = 1_795_255_997_000

    /// Times are written as in UTC. Read by everything here, so that it is set before any picture is drawn.
    private static let zone: Void = {
        setenv("TZ", "UTC", 1)
        tzset()
    }()

    static let application = Application(fixed: "/srv/app/SampleDB.db")

    static let surroundings = Surroundings(
        now: { now }, makeIdentifier: { "00000000-0000-4000-8000-000000000000" },
        context: Context(process: "msc", processID: 4711, user: "admin", host: "db1"), version: "1.0.0")

    static func log(_ state: LogStatus.State = .ok, last: UInt64 = 12_345, pending: UInt64 = 0) -> LogStatus {
        _ = zone
        return LogStatus(
            enabled: state != .off, path: state == .off ? nil : "/srv/app/SampleDB.journal", firstOperation: 1, lastOperation: last,
            pending: pending, state: state, chain: nil, reason: nil, notJournaled: [:])
    }

    static func backup(_ number: Int = 12, _ date: String = "2026-11-21T08:02:11.000Z", status: String = "complete", error: String? = nil)
        -> BackupSet
    {
        _ = zone
        let wasPublished = status == "complete" || status == "partial"
        let name = "/srv/app/SampleDB.msc/Backups/\(Application.archiveName("SampleDB", number))"
        return BackupSet(
            number: number, date: date, seconds: 3.2, status: status, error: error, archive: wasPublished ? name : "", log: nil,
            archiveBytes: wasPublished ? 31_000_000 : 0, lastOperation: wasPublished ? 12_000 : nil, present: wasPublished)
    }

    static func overview(
        log: LogStatus = log(), backups: [BackupSet] = [backup()], lastAttempt: BackupSet? = nil, running: RunningOperation? = nil,
        dataChanged: Int64? = nil, problems: [Failure] = []
    ) -> Overview {
        Overview(log: log, backups: backups, lastAttempt: lastAttempt, running: running, dataChanged: dataChanged, problems: problems)
    }

    static func running(_ operation: String = "backup", process: Int32 = 815, done: UInt64 = 62, total: UInt64 = 100) -> RunningOperation {
        RunningOperation(
            operation: operation, process: "msc", processID: process, since: "2026-11-21T10:12:47.000Z",
            progress: .init(Progress(phase: "Writing the archive", subject: "/srv/app/SampleDB.db", done: done, total: total)))
    }

    static func context(_ overview: Overview? = overview(), isReadOnly: Bool = false, isBusy: Bool = false) -> PageContext {
        PageContext(
            application: application, surroundings: surroundings, overview: overview, isReadOnly: isReadOnly, isBusy: isBusy, now: now)
    }

    /// The picture of a page alone.
    static func picture(_ page: some Page, columns: Int, rows: Int, _ context: PageContext = context(), glyphs: Glyphs = .unicode) -> String {
        var frame = Frame(columns: columns, rows: rows, glyphs: glyphs)
        page.render(into: &frame, frame.rect, context)
        return frame.text
    }
}

extension Application {
    /// A path that nothing need stand at.
    init(fixed path: String) {
        // The only failure of this initialiser is a folder at that path.
        self = (try? Application(restoring: path)) ?? { preconditionFailure("'\(path)' is a folder") }()
    }
}
