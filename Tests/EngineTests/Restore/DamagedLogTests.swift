// A log that is damaged right behind what the data hold: nothing may be integrated across it.

import Database
import FileSystem
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Damage where integration begins")
struct DamagedLogTests {
    /// Flips a byte of the first block of operations: in its payload, or in its header, so that the block is gone.
    private func damage(_ path: String, at place: Int) throws {
        let file = try File(path, .read)
        var bytes = [UInt8](repeating: 0, count: Int(try file.size()))
        _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        let block = try #require((0..<bytes.count - 8).first { Array(bytes[$0..<$0 + 5]) == Array("MSCB".utf8) + [1] })
        bytes[block + place] ^= 0x10
        try Publication.write(bytes, to: path)
    }

    @Test("I8: the first block behind the archive is damaged or gone: restore and integration end with 1413 and leave what is known", arguments: [20, 160])
    func firstBlock(place: Int) throws {
        let site = try Site(startsLog: false)
        try site.add("0")
        _ = try site.start()
        for name in ["a", "b", "c"] {
            try site.add(name, name)
            _ = try site.drain()
        }
        try damage(site.application.defaultJournal, at: place)
        let failure = #expect(throws: Failure.self) { try site.restore(1, .folder(site.folder + "/copy")) }
        #expect(failure?.code == .logDamaged)
        let held = try RestorePreview(site.archive(1)).held
        let outcome = try site.restore(1, .folder(site.folder + "/held"), until: .operation(held))
        #expect(try site.names(outcome.data) == "0")
        let named = #expect(throws: Failure.self) { try site.integrate(#require(outcome.data), [site.application.defaultJournal]) }
        #expect(named?.code == .logDamaged)
        #expect(try site.names(outcome.data) == "0")
    }
}
