// The dialogs that every page uses, with the mouse.

import TerminalKit
import Testing

@testable import Engine
@testable import Screens

@Suite struct DialogTests {
    @Test func `buttons of a typed confirmation obey the mouse, and only the word opens the way`() throws {
        let confirmation = TypedConfirmation("Cancel 4 changes", ["All of it."], word: "4", confirm: "Roll back", effects: [.refresh])
        var scene = DialogScene(confirmation)
        #expect(scene.actions["confirm"]?.help == "Goes on when '4' has been typed.")
        try scene.click(on: "[ Roll back ]")
        #expect(scene.closing == nil && scene.picture.contains("That is not 4. Nothing was done."))
        scene.type("4")
        try scene.click(on: "[ Roll back ]")
        #expect(scene.closing?.count == 1)
        var other = DialogScene(confirmation)
        other.type("4")
        try other.click(on: "[ Cancel (Esc) ]")
        #expect(other.closing?.isEmpty == true)
    }

    @Test func `buttons of a prompt obey the mouse, and a refused text stays`() throws {
        let prompt = Prompt("Name", confirm: "Take", check: { $0 == "bad" ? "That is bad." : nil }, then: { [.answer(key: "name", $0)] })
        var scene = DialogScene(prompt)
        scene.type("bad")
        try scene.click(on: "[ Take ]")
        #expect(scene.closing == nil && scene.picture.contains("That is bad.") && scene.picture.contains("[bad "))
        scene.type("ger")
        try scene.click(on: "[ Take ]")
        guard case .answer("name", let text)? = scene.closing?.first else {
            Issue.record("nothing was taken")
            return
        }
        #expect(text as? String == "badger")
        var other = DialogScene(prompt)
        try other.click(on: "[ Cancel (Esc) ]")
        #expect(other.closing?.isEmpty == true)
    }

    @Test func `the backup journal is scrolled with the wheel, a click selects a line, one beside it closes`() throws {
        let lines = try (10...69).map { number in
            try #require(JournalReading("2026-11-21 10:00:00\tbackup\t\(number)\tcomplete\t/b/S[00\(number)].4BK\t1000\t3.2\t\tmanual"))
        }
        var scene = DialogScene(JournalDialog(lines))
        #expect(scene.actions["items"]?.title == "Items")
        try scene.click(on: "backup 65 ")
        #expect(scene.picture.contains("▸2026-11-21 10:00:00  backup 65 ") && scene.picture.contains("S[0065].4BK"))
        try scene.click(on: "backup 65 ", .wheelDown)
        #expect(!scene.picture.contains("backup 69 ") && scene.picture.contains("backup 66 "))
        try scene.click(on: "backup 65 ", .wheelUp)
        #expect(scene.picture.contains("backup 69 "))
        scene.type("i")
        #expect(scene.actions["items"]?.title == "Events" && scene.closing == nil)
        scene.handle(.mouse(MouseEvent(.left, at: TerminalKit.Point(column: 0, row: 0))))
        #expect(scene.closing?.isEmpty == true)
    }
}
