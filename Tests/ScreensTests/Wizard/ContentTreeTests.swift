import Engine
import TerminalKit
import Testing

@testable import Screens

@Suite("Contents of an archive as a tree")
struct ContentTreeTests {
    private func tree(_ names: [String]) -> ContentTree {
        ContentTree(names.map { ArchiveSummary.Item(name: $0, role: $0.hasPrefix("Data") ? "data" : "attachment", originalPath: "/", size: 10) })
    }

    @Test("folders come before what they hold, the data first, and each knows its files")
    func order() {
        let tree = tree(["Attachments/b/z", "Attachments/a", "Data/x.db", "Attachments/b/c/d"])
        #expect(tree.nodes.map(\.path) == ["Data", "Data/x.db", "Attachments", "Attachments/a", "Attachments/b", "Attachments/b/c", "Attachments/b/c/d", "Attachments/b/z"])
        #expect(tree.nodes.map(\.files) == [1, 1, 3, 1, 2, 1, 1, 1])
        #expect(tree.nodes[2].size == 30)
    }

    @Test("a box of a folder shows what its files say, and changes them all")
    func marks() {
        var tree = tree(["Data/x.db", "Attachments/a", "Attachments/b/c"])
        #expect(tree.chosen == [])
        tree.toggle(3)
        #expect(tree.mark(2) == .some && tree.mark(3) == .none && tree.chosen == ["Data", "Attachments/b"])
        tree.toggle(2)
        #expect(tree.chosen == [] && tree.isAll)
        tree.toggle(2)
        #expect(tree.chosen == ["Data"] && tree.sum.files == 1)
        tree.checkAll(false)
        #expect(tree.chosen == nil && !tree.holds("Data/x.db"))
    }

    @Test("names that begin alike are different folders")
    func alike() {
        let tree = tree(["Attachments/im/a", "Attachments/im/b", "Attachments/images/a"])
        #expect(tree.nodes.filter(\.isFolder).map(\.path) == ["Attachments", "Attachments/im", "Attachments/images"])
    }

    @Test("a hundred thousand files are no burden")
    func many() {
        var tree = tree((0..<100_000).map { "Attachments/\($0 % 100)/\($0)" })
        tree.toggle(50)
        var frame = Frame(columns: 60, rows: 10)
        tree.render(into: &frame, frame.rect, isFocused: true)
        #expect(tree.sum.files < 100_000)
    }
}
