// The steps as a person sees them, in three sizes. The expected pictures are the files in Pictures; a run with MSC_RECORD=1
// writes them anew, and the difference is read by a person.

import Engine
import FileSystem
import FoundationEssentials
import TerminalKit
import Testing
import Vocabulary

@testable import Screens

@Suite("Pictures of the restore wizard")
struct PictureTests {
    enum Scene: String, CaseIterable {
        case backups, backupMissing, archiveDamaged, noBackups, browse, contents, contentsInPlace, logs, logsWithGap, pointRefused
        case review, reviewInPlace, running, askingForNext, failed, done

        func play(_ wizard: inout Wizard) throws {
            switch self {
            case .backups: wizard.chooseFirst()
            case .backupMissing: wizard.press(.down)
            case .archiveDamaged:
                wizard.fail("backup/preview", Failure(.archiveDamaged, "the archive 'x' is damaged", cause: "its directory is cut off", hint: "Use an older archive."))
            case .noBackups:
                wizard.context.overview?.backups = []
                wizard.effects += wizard.page.refreshed(wizard.context)
            case .browse:
                wizard.press("o")
                wizard.receive(
                    "backup/folder",
                    FolderListing(
                        folder: "/mnt/usb",
                        entries: [
                            .init(name: "old", isFolder: true, size: 0, modified: 0),
                            .init(name: "SampleDB[0007].4BK", isFolder: false, size: 9_000_000, modified: Fixture.morning),
                        ]))
            case .contents:
                wizard.toContents()
                wizard.press(.down, .down, " ")
                wizard.receive("contents/place", RestoreDestination(path: "/srv/app/SampleDB[0001]", needed: 310_100_000, free: 90_000_000_000))
            case .contentsInPlace:
                wizard.toContents()
                wizard.press("i")
                wizard.receive("contents/place", RestoreDestination(path: Fixture.application.data, situation: .damaged, needed: 310_000_000, free: 90_000_000_000))
            case .logs: wizard.toPoint()
            case .logsWithGap: wizard.toPoint(hasGap: true)
            case .pointRefused:
                wizard.toPoint()
                wizard.press("o", "8")
                wizard.receive("point/standing", Scene.insideTransaction)
            case .review: wizard.toReview()
            case .reviewInPlace:
                wizard.toContents()
                wizard.press("i")
                wizard.receive("contents/place", RestoreDestination(path: Fixture.application.data, situation: .live, needed: 310_000_000, free: 90_000_000_000))
                wizard.press("n", "o", "9")
                wizard.receive("point/standing", Scene.nine)
                wizard.press(.ctrl("n"))
            case .running:
                wizard.toReview()
                wizard.press(.enter)
            case .askingForNext: wizard.toAsking()
            case .failed:
                wizard.toReview()
                wizard.press(.enter)
                wizard.end("restore", .failure(Failure(.stopped, "stopped by the user", hint: "Nothing half-made was left behind.")))
            case .done:
                wizard.toAsking()
                wizard.press("f")
            }
        }

        static let insideTransaction = PointStanding(
            refusal: Failure(.pointInsideTransaction, "operation 8 may lie inside a transaction", hint: "Choose operation 7 or 9."),
            before: RestorePoint(operation: 7, time: Fixture.minutes(15)), after: RestorePoint(operation: 9, time: Fixture.minutes(19)))
        static let nine = PointStanding(
            end: RestorePoint(operation: 9, time: Fixture.minutes(19)),
            rest: .init(first: 10, last: 12, start: Fixture.minutes(21), end: Fixture.minutes(29)))
    }

    @Test("every step looks as it was approved, on screens of 60 x 20, 80 x 24 and 160 x 50", arguments: Scene.allCases, [(60, 20), (80, 24), (160, 50)])
    func picture(_ scene: Scene, _ screen: (columns: Int, rows: Int)) throws {
        var wizard = try Wizard(GridSize(columns: screen.columns, rows: screen.rows))
        try scene.play(&wizard)
        try compare(wizard.text, "\(scene.rawValue)-\(screen.columns)x\(screen.rows)")
    }

    @Test("where the backups cannot be read, that is said with the reason, and never that there is none")
    func backupsUnknown() throws {
        var wizard = try Wizard(GridSize(columns: 60, rows: 20))
        wizard.context.overview?.backups = []
        wizard.context.overview?.lastAttempt = nil
        wizard.context.overview?.problems = [
            Failure(.notADatabase, "something else", hint: "Wait."),
            Failure(.noPermission, "'/srv/app/SampleDB.msc/Backups' may not be read by this user", hint: "Run msc as the owner."),
        ]
        wizard.effects += wizard.page.refreshed(wizard.context)
        let text = wizard.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(text.contains("cannot be read: error 1511: '/srv/app/SampleDB.msc/Backups' may not be read by this user. Run msc as the owner."))
        #expect(!text.contains("No backup of"))
    }

    @Test("without Unicode the same is said in ASCII", arguments: [Scene.logsWithGap, .contents, .pointRefused])
    func ascii(_ scene: Scene) throws {
        var wizard = try Wizard()
        try scene.play(&wizard)
        let text = wizard.picture(glyphs: .ascii).text
        #expect(text.replacing("…", with: "").utf8.allSatisfy { $0 < 128 })
        try compare(text, "\(scene.rawValue)-ascii")
    }

    @Test("no screen is too small to be drawn or to be typed into", arguments: Scene.allCases)
    func tiny(_ scene: Scene) throws {
        for (columns, rows) in [(1, 1), (2, 30), (200, 1), (17, 5), (33, 9)] {
            var wizard = try Wizard()
            try scene.play(&wizard)
            wizard.size = GridSize(columns: columns, rows: rows)
            for key: Key in [.down, .right, .end, .pageDown, .tab, " ", .enter, .up, .backTab, .home, "x", .escape] {
                _ = wizard.picture()
                wizard.press(key)
            }
            for column in 0..<min(columns, 40) { wizard.click(column, rows - 1) }
        }
    }

    private func compare(_ text: String, _ name: String) throws {
        let folder = #filePath.split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/Pictures"
        let path = "\(folder)/\(name).txt"
        if ProcessInfo.processInfo.environment["MSC_RECORD"] != nil {
            try Publication.write(Array((text + "\n").utf8), to: path)
            return
        }
        let expected = String(decoding: try File.contents(of: path, atMost: 1 << 20), as: UTF8.self)
        #expect(text + "\n" == expected, "\(name)")
    }
}
