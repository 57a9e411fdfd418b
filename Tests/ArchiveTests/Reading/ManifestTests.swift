import Deflate
import Glibc
import Testing
import Vocabulary
@testable import Archive
@testable import FileSystem

@Suite("The manifest")
struct ManifestTests {
    let workshop = Workshop()

    /// A stored archive with this manifest and one file of three bytes.
    private func code(manifest json: String, item name: String = "a") throws -> ErrorCode? {
        try workshop.write(Forgery.file([Forgery(name), Forgery("manifest.json", Array(json.utf8))]), to: "m.4BK")
        return Failure.code { _ = try ArchiveReader(path: workshop.path("m.4BK")).manifest() }
    }

    private func json(version: Int = 1, items: String, more: String = "") -> String {
        """
        {"formatVersion":\(version),"application":"A","applicationName":"N","backupNumber":1,"chain":"C","lastOperation":0,
        "position":0,"startTime":0,"endTime":0,"programVersion":"1","textEncoding":"UTF-8","items":[\(items)]\(more)}
        """
    }

    private func item(_ name: String = "a", size: UInt64 = 3) -> String {
        """
        {"role":"data","entryName":"\(name)","originalPath":"/a","size":\(size),"modified":0,"mode":384,"sha256":"00"}
        """
    }

    @Test("keys of a later minor version are passed over")
    func unknownKeys() throws {
        #expect(try code(manifest: json(items: item(), more: #","futureKey":{"x":[1,2]}"#)) == nil)
    }

    @Test("a newer major version is refused as such, whatever else it says")
    func newer() throws {
        #expect(try code(manifest: json(version: 2, items: item())) == .unsupportedVersion)
        #expect(try code(manifest: #"{"formatVersion":2}"#) == .unsupportedVersion)
    }

    @Test("what contradicts the directory, or is no manifest, is damage")
    func contradictions() throws {
        #expect(try code(manifest: json(items: item("b"))) == .archiveDamaged)
        #expect(try code(manifest: json(items: item(size: 4))) == .archiveDamaged)
        #expect(try code(manifest: json(items: item() + "," + item())) == .archiveDamaged)
        #expect(try code(manifest: json(items: item("manifest.json"))) == .archiveDamaged)
        for text in ["", "{", "[]", "{}", #"{"formatVersion":1}"#, String(repeating: "[", count: 100_000)] {
            #expect(try code(manifest: text) == .archiveDamaged)
        }
    }

    @Test("numbers that no log gives and times that no clock shows are damage: nobody computes with them", arguments: [
        #""lastOperation":4611686018427387904"#, #""lastOperation":18446744073709551615"#, #""startTime":9223372036854775807"#,
        #""startTime":-9223372036854775808"#, #""endTime":9007199254740993"#,
    ])
    func numbers(_ forged: String) throws {
        let key = forged.prefix { $0 != ":" }
        let whole = json(items: item())
        #expect(whole.contains("\(key):0"))
        #expect(try code(manifest: whole.replacing("\(key):0", with: forged)) == .archiveDamaged)
    }

    @Test("a manifest that says more than any does is damage before it costs memory for it, and so are properties without end")
    func tooMuch() throws {
        let zeros = String(repeating: "0,", count: JSONBound.most) + "0"
        #expect(try code(manifest: json(items: item(), more: #","x":[\#(zeros)]"#)) == .archiveDamaged)
        func properties(_ count: Int) -> String { (0..<count).map { "\"\($0)\":\"\"" }.joined(separator: ",") }
        #expect(try code(manifest: json(items: item(), more: #","properties":{\#(properties(1001))}"#)) == .archiveDamaged)
        #expect(try code(manifest: json(items: item(), more: #","properties":{\#(properties(1000))}"#)) == nil)
        #expect(try code(manifest: json(items: item(), more: #","properties":{"a":1}"#)) == .archiveDamaged)
    }

    @Test("a missing manifest is damage; so is one too large, unread")
    func missing() throws {
        try workshop.write(Forgery.file([Forgery("a")]), to: "m.4BK")
        let reader = try ArchiveReader(path: workshop.path("m.4BK"))
        #expect(Failure.code { _ = try reader.manifest() } == .archiveDamaged)
        #expect(try reader.verify(job: Job()).map(\.entryName) == ["manifest.json"])
        var large = Forgery("manifest.json", [UInt8](repeating: 0, count: 70_000), method: Zip.deflated)
        large.entry.size = Manifest.maximalSize + 1
        try workshop.write(Forgery.file([large]), to: "m.4BK")
        #expect(Failure.code { _ = try ArchiveReader(path: workshop.path("m.4BK")).manifest() } == .archiveDamaged)
    }

    @Test("an entry that the manifest does not name is a problem of the archive")
    func unnamed() throws {
        let files = [Forgery("a"), Forgery("extra"), Forgery("manifest.json", Array(json(items: item()).utf8))]
        try workshop.write(Forgery.file(files), to: "m.4BK")
        let problems = try ArchiveReader(path: workshop.path("m.4BK")).verify(job: Job())
        #expect(problems.contains { $0.entryName == "extra" && $0.failure.message.contains("the manifest does not name it") })
    }

    @Test("is the last entry and says what the documentation says")
    func example() throws {
        try makeArchive(workshop.path("a.4BK"), [("Data/SampleDB.db", [1])])
        let reader = try ArchiveReader(path: workshop.path("a.4BK"))
        #expect(reader.directory.entries.last?.name == "manifest.json")
        let expected = """
            {
              "application" : "0B1E5A52-0000-4000-8000-000000000001",
              "applicationName" : "SampleDB",
              "backupNumber" : 6,
              "chain" : "0B1E5A52-0000-4000-8000-000000000002",
              "endTime" : 1760000001500,
              "formatVersion" : 1,
              "items" : [
                {
                  "entryName" : "Data/SampleDB.db",
                  "mode" : 416,
                  "modified" : 1750000001000,
                  "originalPath" : "/srv/Data/SampleDB.db",
                  "role" : "data",
                  "sha256" : "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a",
                  "size" : 1
                }
              ],
              "lastOperation" : 42,
              "position" : 57,
              "programVersion" : "1.0.0",
              "properties" : {
                "note" : "größe"
              },
              "startTime" : 1760000000000,
              "textEncoding" : "UTF-8"
            }
            """
        #expect(String(decoding: try reader.manifest().json(), as: UTF8.self) == expected)
    }

    @Test("an archive that another program packed anew is read, its pieces no longer fitting")
    func repacked() throws {
        let contents: [Content] = [("Data/a", Sample.text(9_000_000)), ("ü", [1, 2])]
        try makeArchive(workshop.path("a.4BK"), contents)
        let script = """
            import sys, zipfile
            old = zipfile.ZipFile(sys.argv[1])
            with zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED) as new:
                for name in old.namelist(): new.writestr(name, old.read(name))
            """
        guard let python = run("python3", "-c", script, workshop.path("a.4BK"), workshop.path("b.4BK")) else { return }
        #expect(python.status == 0, "\(python.output)")
        for codec in Codec.allCases { #expect(same(try readArchive(workshop.path("b.4BK"), codec: codec), contents)) }
        #expect(try ArchiveReader(path: workshop.path("b.4BK")).verify(job: Job()) == [])
    }
}
