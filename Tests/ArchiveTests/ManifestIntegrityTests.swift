// The code in a manifest: who has no key cannot change what the manifest says.

import Testing
import Vocabulary
@testable import Archive
@testable import FileSystem

@Suite("The manifest's integrity code")
struct ManifestIntegrityTests {
    private let workshop = Workshop()
    private let keys: IntegrityKeys
    private let others: IntegrityKeys

    init() throws {
        keys = IntegrityKeys(try #require(IntegrityKey(Array(0..<32))))
        others = IntegrityKeys(try #require(IntegrityKey(Array(32..<64))))
    }

    private func archive(_ key: IntegrityKey?) throws -> ArchiveReader {
        let path = workshop.path("SampleDB[0006].4BK")
        let writer = try ArchiveWriter(path: path, job: Job())
        try writer.addEntry(
            .init(role: .data, name: "Data/a", originalPath: "/srv/a", mode: 0o600, modified: 0), compression: .fast,
            source: source(Sample.text(5000)))
        let result = try writer.finish(Sample.manifest(), key: key)
        let reader = try ArchiveReader(path: path)
        #expect(try reader.manifest() == result.manifest)
        return reader
    }

    @Test("an archive is what the holder of the key wrote, and nobody else's")
    func sound() throws {
        let reader = try archive(keys.current)
        #expect(try reader.manifest().integrity?.key == keys.current.description)
        #expect(try reader.objection(keys) == nil)
        #expect(try reader.objection(IntegrityKeys(try #require(others.current as IntegrityKey?), former: [keys.current])) == nil)
        #expect(try reader.objection(others)?.contains("which the key file does not hold") == true)
        #expect(try reader.verify(job: Job()) == [])
    }

    @Test("without a key there is no code, and who asks for one hears of it")
    func without() throws {
        let reader = try archive(nil)
        #expect(try reader.manifest().integrity == nil)
        #expect(try reader.objection(keys) == "its manifest carries no integrity code")
    }

    @Test("no byte of the manifest can be changed, and the code cannot be hidden in a second place")
    func changed() throws {
        var manifest = Sample.manifest()
        let json = try manifest.coded(with: keys.current)
        #expect(try Manifest(json: json, archive: "a") == manifest)
        #expect(manifest.objection(keys, json) == nil)
        let text = String(decoding: json, as: UTF8.self)
        func objection(_ old: String, _ new: String) throws -> String? {
            let forged = Array(text.split(separator: old, omittingEmptySubsequences: false).joined(separator: new).utf8)
            #expect(forged != json)
            return try Manifest(json: forged, archive: "a").objection(keys, forged)
        }
        let wrong = "its integrity code does not agree with its manifest"
        let code = try #require(manifest.integrity?.code)
        #expect(try objection("\"lastOperation\" : 42", "\"lastOperation\" : 43") == wrong)
        #expect(try objection("größe", "groesse") == wrong)
        #expect(try objection("\n}", "\n }") == wrong)
        #expect(try objection("größe", code) == wrong)
        #expect(try objection(code, String(repeating: "0", count: 64)) == wrong)
        #expect(try objection(code, "00") == "its integrity code is malformed")
    }
}
