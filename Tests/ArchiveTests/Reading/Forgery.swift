// ZIP files that no honest program writes, for the reader's tests.

import Deflate
import Glibc
@testable import Archive

/// One entry of a forged file: what the directory says, and what stands before the data instead of the true header.
struct Forgery {
    var entry: ZipEntry
    var data: [UInt8]
    var local: ZipEntry?
    /// Type bits of the mode, 8 for a plain file.
    var type: UInt8 = 8
    var rawName: [UInt8]?
    /// Points to the previous entry's header instead of one of its own.
    var sharesHeader = false

    init(_ name: String, _ data: [UInt8] = [1, 2, 3], method: UInt16 = Zip.stored) {
        self.data = data
        entry = ZipEntry(name: name, method: method, mode: 0o600, modified: 0, headerOffset: 0)
        entry.size = UInt64(data.count)
        entry.compressedSize = UInt64(data.count)
        entry.checksum = data.withUnsafeBytes { Codec.zlib.checksum($0) }
    }

    static func file(_ forgeries: [Forgery], end change: (inout ZipEnd) -> Void = { _ in }) -> [UInt8] {
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for forgery in forgeries {
            var entry = forgery.entry
            if !forgery.sharesHeader { entry.headerOffset = UInt64(bytes.count) }
            var local = (forgery.local ?? entry).localHeader()
            var central = entry.centralHeader()
            central[41] = forgery.type << 4 | central[41] & 0x0f
            if let raw = forgery.rawName {
                local.replaceSubrange(30..<30 + raw.count, with: raw)
                central.replaceSubrange(46..<46 + raw.count, with: raw)
            }
            bytes += local + forgery.data + entry.descriptor()
            directory += central
        }
        var end = ZipEnd(
            entryCount: UInt64(forgeries.count), directorySize: UInt64(directory.count), directoryOffset: UInt64(bytes.count))
        change(&end)
        return bytes + directory + end.bytes()
    }
}
