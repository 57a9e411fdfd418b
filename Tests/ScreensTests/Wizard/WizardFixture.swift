// The restore page with fixed data: three backups, two logs and a gap, at a stopped clock. Effects are read, never done.

import Engine
import Glibc
import Testing
import TerminalKit
import Vocabulary

@testable import Screens

enum Fixture {
    /// 2026-11-21 10:00:00 in the zone of the tests.
    static let morning: Int64 = {
        setenv("TZ", "UTC", 1)
        tzset()
        return 1_795_255_200_000
    }()

    static func minutes(_ count: Int64) -> Int64 { morning + count * 60_000 }

    static let folder = "/srv/app/SampleDB.msc/Backups"
    static let application = Application(fixed: "/srv/app/SampleDB.db")

    static let surroundings = Surroundings(
        now: { morning }, makeIdentifier: { "00000000-0000-4000-8000-000000000001" },
        context: Context(process: "tests", processID: 1, user: "tester", host: "bench"), version: "1.0.0")

    static func set(_ number: Int, minutes: Int64, operations: UInt64, present: Bool = true, status: String = "complete") throws -> BackupSet {
        let text = """
            {"number":\(number),"date":"\(Timestamp.utc(Fixture.minutes(minutes)))","seconds":1.5,"status":"\(status)",
            "archive":"\(archive(number))","archiveBytes":12400000,"lastOperation":\(operations),"present":\(present)}
            """
        return try JSONText.decode(BackupSet.self, text)
    }

    static func archive(_ number: Int) -> String { "\(folder)/SampleDB[000\(number)].4BK" }

    static func summary(_ number: UInt64 = 1) -> ArchiveSummary {
        ArchiveSummary(
            path: archive(Int(number)), bytes: 12_400_000, application: "SampleDB", number: number, time: minutes(Int64(number) * 10 - 10),
            lastOperation: number * 3,
            items: [
                .init(name: "Data/SampleDB.db", role: "data", originalPath: application.data, size: 310_000_000),
                .init(name: "Settings/Backup.4DSettings", role: "settings", originalPath: "/srv/app/s", size: 2100),
                .init(name: "Attachments/images/a.png", role: "attachment", originalPath: "/srv/images/a.png", size: 40_000),
                .init(name: "Attachments/images/b.png", role: "attachment", originalPath: "/srv/images/b.png", size: 60_000),
            ], originalData: application.data)
    }

    static func log(_ number: Int, _ range: ClosedRange<UInt64>, minutes: ClosedRange<Int64>) -> FollowingLog {
        FollowingLog(
            path: number < 0 ? "/srv/app/SampleDB.journal" : "\(folder)/SampleDB[000\(number)].4BL", first: range.lowerBound,
            last: range.upperBound, start: Fixture.minutes(minutes.lowerBound), end: Fixture.minutes(minutes.upperBound))
    }

    static func preview(_ number: UInt64 = 1, hasGap: Bool = false) -> RestorePreview {
        let logs = [log(1, 4...6, minutes: 0...9), log(2, 7...9, minutes: 10...19), log(-1, 10...12, minutes: 20...29)]
        let following = hasGap ? [logs[0]] : Array(logs.dropFirst(Int(number) - 1))
        return RestorePreview(
            archive: summary(number), held: number * 3, heldTime: minutes(Int64(number) * 10 - 11), logs: following,
            beyond: hasGap ? [logs[2]] : [], gaps: hasGap ? [.init(first: 7, last: 9, start: minutes(9), end: minutes(20))] : [],
            defaultDestination: "/srv/app/SampleDB[000\(number)]")
    }

    static func context(isBusy: Bool = false, isReadOnly: Bool = false) throws -> PageContext {
        let log = try JSONText.decode(
            LogStatus.self,
            """
            {"enabled":true,"path":"/srv/app/SampleDB.journal","firstOperation":10,"lastOperation":12,"pending":0,"state":"ok","notJournaled":{},
             "unseen":[],"notCompared":[],"unsupported":[],"exposed":[]}
            """)
        let sets = [
            try set(3, minutes: 20, operations: 9), try set(2, minutes: 10, operations: 6, present: false),
            try set(1, minutes: 0, operations: 3, status: "partial"),
        ]
        return PageContext(
            application: application, surroundings: surroundings, overview: Overview(log: log, backups: sets, running: nil),
            isReadOnly: isReadOnly, isBusy: isBusy, now: minutes(30))
    }
}

/// The page under test, with what it asked for.
struct Wizard {
    var page = RestorePage()
    var context: PageContext
    var size = GridSize(columns: 60, rows: 20)
    /// Everything asked for so far.
    var effects: [Effect] = []

    /// - Parameter screen: the whole screen; the page gets its part of it.
    init(_ screen: GridSize = GridSize(columns: 80, rows: 24), context: PageContext? = nil) throws {
        self.context = try context ?? Fixture.context()
        size = ScreenLayout(screen, isWide: false).page.size
        effects += page.appear(nil, self.context)
    }

    /// As the loop does it: the table of actions first, then the page.
    mutating func press(_ keys: Key...) {
        for key in keys {
            switch page.actions(context).answer(to: key) {
            case .perform(let action): effects += page.perform(action, context)
            case .refused(let reason): effects.append(.message(reason, .warning))
            case nil: effects += page.handle(.key(key), in: size.rect, context) ?? []
            }
        }
    }

    mutating func type(_ text: String) { for character in text { press(.character(character)) } }

    mutating func click(_ column: Int, _ row: Int) {
        effects += page.handle(.mouse(MouseEvent(.left, at: TerminalKit.Point(column: column, row: row))), in: size.rect, context) ?? []
    }

    mutating func receive(_ key: String, _ value: any Sendable) { effects += page.receive(key, .success(value), context) }
    mutating func fail(_ key: String, _ failure: Failure) { effects += page.receive(key, .failure(failure), context) }
    mutating func end(_ operation: String, _ result: Result<any Sendable, Failure>) { effects += page.ended(operation, result, context) }

    func picture(glyphs: Glyphs = .unicode) -> Frame {
        var frame = Frame(size, glyphs: glyphs)
        page.render(into: &frame, frame.rect, context)
        return frame
    }

    var text: String { picture().text }

    /// Keys of the loads asked for so far.
    var loads: [String] {
        effects.compactMap { if case .load(let key, _) = $0 { key } else { nil } }
    }

    var requests: [OperationRequest] {
        effects.compactMap { if case .run(let request) = $0 { request } else { nil } }
    }

    var messages: [String] {
        effects.compactMap { if case .message(let text, _) = $0 { text } else { nil } }
    }

    // MARK: Ways

    /// At the first step with backup 3 read.
    mutating func chooseFirst(_ number: UInt64 = 1, hasGap: Bool = false) {
        if number == 1 { press(.down, .down) }
        receive("backup/preview", Fixture.preview(number, hasGap: hasGap))
    }

    /// At the second step with the destination looked at.
    mutating func toContents(_ number: UInt64 = 1, hasGap: Bool = false) {
        chooseFirst(number, hasGap: hasGap)
        press("n")
        receive("contents/place", RestoreDestination(path: "/srv/app/SampleDB[000\(number)]", needed: 310_102_100, free: 90_000_000_000))
    }

    /// At the third step with the standing of everything.
    mutating func toPoint(_ number: UInt64 = 1, hasGap: Bool = false) {
        toContents(number, hasGap: hasGap)
        press("n")
        receive(
            "point/standing",
            hasGap
                ? PointStanding(end: RestorePoint(operation: 6, time: Fixture.minutes(9)), rest: .init(first: 7, last: 12, start: nil, end: Fixture.minutes(29)))
                : PointStanding(end: RestorePoint(operation: 12, time: Fixture.minutes(29))))
    }

    mutating func toReview() {
        toPoint()
        press("n")
    }
}
