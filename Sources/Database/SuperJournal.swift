// A rollback journal that is left from a transaction over several databases names a file that they share, the super-journal. Whoever
// opens the database next, finishes the transaction: SQLite reads that file, the journals that it names, and removes it, wherever the
// journal says that it is. That is for the program whose transaction it was, not for us.

import FileSystem
import Glibc

enum SuperJournal {
    private static let magic: [UInt8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7]
    /// SQLite's own bound of a path.
    private static let longest = 4096

    /// The super-journal that the rollback journal of a data file names; nil when there is none, or when it is what SQLite makes beside
    /// this data file.
    static func elsewhere(of data: String) -> String? {
        guard let resolved = Folder.resolved(data), let name = named(in: resolved + "-journal") else { return nil }
        return name.hasPrefix(resolved + "-mj") && !name.dropFirst(resolved.utf8.count).contains("/") ? nil : name
    }

    /// The name at the end of a journal: its page, the name, its length, a checksum and the magic number follow one another.
    /// https://www.sqlite.org/fileformat2.html#the_rollback_journal
    private static func named(in path: String) -> String? {
        // A journal that cannot be read is SQLite's to report. Its locks are on the data file, so that closing this one does no harm.
        guard let status = Folder.status(of: path), status.st_mode & S_IFMT == S_IFREG, let file = try? File(path, .read),
            let size = try? file.size(), size > 16, read(file, at: 0, 1)?.first != 0, let end = read(file, at: size - 16, 16),
            end.suffix(8).elementsEqual(magic)
        else { return nil }
        let length = end[0..<4].reduce(0) { $0 << 8 | Int($1) }
        guard length > 0, length <= longest, UInt64(length) <= size - 16 else { return nil }
        return read(file, at: size - 16 - UInt64(length), length).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func read(_ file: borrowing File, at offset: UInt64, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let done = bytes.withUnsafeMutableBytes { try? file.read(into: $0, at: offset) }
        return done == count ? bytes : nil
    }
}
