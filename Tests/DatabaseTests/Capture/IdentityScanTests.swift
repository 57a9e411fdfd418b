// The identity of a database, found in its bytes.

import FileSystem
import Testing
import Vocabulary

@testable import Database

@Suite("Whose bytes these are")
struct IdentityScanTests {
    @Test("found in every encoding, however the bytes come", arguments: ["UTF-8", "UTF-16le", "UTF-16be"])
    func found(encoding: String) throws {
        let scratch = Scratch()
        do {
            let connection = try Connection(scratch.path(), .create)
            try connection.execute("PRAGMA encoding='\(encoding)'; CREATE TABLE t(x)")
            try Capture.install(connection, Scratch.state())
        }
        let bytes = try File.contents(of: scratch.path(), atMost: 1 << 20)
        for portion in [bytes.count, 4096, 1000, 37, 1] {
            var scan = IdentityScan()
            bytes.withUnsafeBytes { all in
                for start in stride(from: 0, to: all.count, by: portion) {
                    scan.read(UnsafeRawBufferPointer(rebasing: all[start..<min(start + portion, all.count)]))
                }
            }
            #expect(scan.found == [[UInt8](repeating: 1, count: 16)], "\(portion)")
        }
    }

    @Test("nothing is found where capture never was")
    func none() {
        var scan = IdentityScan()
        Array("application".utf8).withUnsafeBytes { scan.read($0) }
        #expect(scan.found == [])
    }
}
