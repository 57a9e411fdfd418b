import FileSystem
import Vocabulary

@testable import Engine

/// A destination folder with archives that are made of words, and the history kept there.
final class HistoryFixture {
    let scratch: ScratchApplication
    let folder: String
    let file: HistoryFile
    static let now: Int64 = 1_700_000_000_000

    init() throws {
        scratch = try ScratchApplication()
        folder = scratch.folder + "/Backups"
        try Folder.create(folder)
        file = HistoryFixture.file(folder, application: "id-1")
    }

    /// The history of an application whose archives say so: "of id-1".
    static func file(_ folder: String, application: String, name: String = "SampleDB") -> HistoryFile {
        HistoryFile(folder: folder, application: application, name: name) { archive in
            switch try ScratchApplication.read(archive) {
            case "of \(application)":
                var entry = HistoryEntry(kind: .backup, number: 0, start: "2023-11-14T22:13:20.000Z", seconds: 1, status: .complete)
                entry.bytes = 42
                return entry
            case let text where text.hasPrefix("of "): return nil
            default: throw Failure(.archiveDamaged, "the archive has no manifest", hint: "Verify it.")
            }
        }
    }

    /// Puts an archive, and its log backup, into the folder.
    func put(_ number: Int, of application: String = "id-1", log: Bool = true) throws {
        try Publication.write(Array("of \(application)".utf8), to: archive(number))
        if log { try Publication.write(Array("log".utf8), to: self.log(number)) }
    }

    func archive(_ number: Int) -> String { "\(folder)/\(Application.archiveName("SampleDB", number))" }
    func log(_ number: Int) -> String { "\(folder)/\(Application.logBackupName("SampleDB", number - 1))" }

    /// The entry of a set that `put` made.
    func entry(_ number: Int, _ status: HistoryEntry.Status = .complete, log: Bool = true) -> HistoryEntry {
        var entry = HistoryEntry(kind: .backup, number: number, start: "2023-11-14T22:13:20.000Z", seconds: 1.5, status: status)
        entry.archive = archive(number)
        entry.log = log ? self.log(number) : nil
        return entry
    }

    /// Puts sets with these numbers and writes a history that names them.
    func fill(_ numbers: [Int]) throws {
        for number in numbers {
            try put(number)
            try append([entry(number)])
        }
    }

    func append(_ entries: [HistoryEntry]) throws {
        for entry in entries { try file.append(entry, now: HistoryFixture.now) }
    }

    func names() throws -> [String] { try Folder.contents(of: folder) }
}
