// A site whose backups have parity files, and ways to damage them.

import Database
import FileSystem
import Foundation
import Testing
import Vocabulary

@testable import Engine

extension Site {
    /// Records a, b and a megabyte of noise in backup 1; c in log backup 1 with backup 2; d in the log.
    static func withParity(in place: String? = nil, noise: Int = 0, _ settings: String = "<Redundancy>High</Redundancy>") throws -> Site {
        let site = try Site(in: place)
        try site.set(settings)
        try site.add("a", "b")
        if noise > 0 { try site.client().execute("CREATE TABLE noise(x); INSERT INTO noise VALUES(randomblob(\(noise)))") }
        _ = try site.backup()
        try site.add("c")
        _ = try site.backup()
        try site.add("d")
        _ = try site.drain()
        return site
    }

    static func bytes(_ path: String) throws -> [UInt8] { try File.contents(of: path, atMost: 1 << 28) }

    /// Turns bytes over, in place.
    static func damage(_ path: String, _ range: Range<Int>) throws {
        let file = try File(path, .readWrite)
        var bytes = [UInt8](repeating: 0, count: range.count)
        try bytes.withUnsafeMutableBytes { bytes in
            _ = try file.read(into: bytes, at: UInt64(range.lowerBound))
            for index in bytes.indices { bytes[index] = ~bytes[index] }
            try file.write(UnsafeRawBufferPointer(bytes), at: UInt64(range.lowerBound))
        }
    }

    static func cut(_ path: String, to size: Int) throws { try File(path, .readWrite).truncate(to: UInt64(size)) }

    func verify(_ path: String) throws -> CheckOutcome { try Verification.of(path, recordsOnly: false, tables: [], Job()) }

    func repair(_ path: String, _ job: Job = Job()) throws -> RepairOutcome { try Repair(path, surroundings: surroundings).run(job) }

    /// Restores into a folder that is gone afterwards.
    func restoredNames(_ number: Int) throws -> (names: String, warnings: [String]) {
        let outcome = try restore(number, .folder(folder + "/r"))
        defer { try? Folder.removeTree(folder + "/r") }
        return (try names(outcome.data), outcome.warnings)
    }
}
