// Bytes that end where memory ends: whoever reads past them ends the test's process.

import Foundation
import Glibc

/// Calls `body` with the bytes right before a page that may not be read.
func withGuard<Result>(_ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    let page = Int(getpagesize())
    let room = (bytes.count + page - 1) / page * page
    guard let memory = mmap(nil, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), memory != MAP_FAILED else {
        preconditionFailure("no memory")
    }
    defer { munmap(memory, room + page) }
    mprotect(memory + room, page, PROT_NONE)
    let place = UnsafeMutableRawBufferPointer(start: memory + room - bytes.count, count: bytes.count)
    place.copyBytes(from: bytes)
    return try body(UnsafeRawBufferPointer(place))
}

/// A -wal file that SQLite 3.40 wrote, of pages of 512 bytes: `CREATE TABLE t(a,b)`, then in one transaction
/// `INSERT INTO t VALUES(1,'x')` and `INSERT INTO t(rowid,a,b) VALUES(-5,2.5,zeroblob(600))`.
func sampleLog() throws -> [UInt8] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/two-commits.wal")
    return [UInt8](try Data(contentsOf: path))
}

extension Array where Element == UInt8 {
    /// The page in a frame of the sample, from 0.
    func page(_ frame: Int) -> [UInt8] { Array(self[32 + frame * 536 + 24..<32 + (frame + 1) * 536]) }
}
