// Many growing lists in one temporary file without a name: each list fills a small buffer in memory, full buffers go to the file.

import FileSystem
import Glibc

/// Lists of fixed-size entries on disk. The file disappears with the value, also when the process dies.
final class Spill {
    private final class List {
        var written: [(offset: UInt64, count: Int)] = []
        var rest: [UInt8] = []
    }

    private let file: File
    private let chunk: Int
    private var size: UInt64 = 0
    private var lists: [List] = []

    /// - Parameter chunk: bytes that each list may keep in memory.
    init(folder: String, chunk: Int) throws(SystemError) {
        let path = Folder.join(folder, ".msc-\(getpid())-\(UInt64.random(in: .min ... .max))")
        file = try File(path, .createNew)
        try Folder.removeFile(path)
        self.chunk = chunk
    }

    func append(_ bytes: UnsafeRawBufferPointer, to index: Int) throws(SystemError) {
        while lists.count <= index { lists.append(List()) }
        let list = lists[index]
        list.rest.append(contentsOf: bytes)
        guard list.rest.count + bytes.count > chunk else { return }
        try write(list.rest)
        list.written.append((size, list.rest.count))
        size += UInt64(list.rest.count)
        list.rest.removeAll(keepingCapacity: true)
    }

    /// All entries of a list, in the order in which they were added.
    func load<Entry: BitwiseCopyable>(_ index: Int, as type: Entry.Type) throws(SystemError) -> [Entry] {
        guard index < lists.count else { return [] }
        let list = lists[index]
        let total = list.written.reduce(list.rest.count) { $0 + $1.count }
        let all = UnsafeMutableRawBufferPointer.allocate(byteCount: total, alignment: MemoryLayout<Entry>.alignment)
        defer { all.deallocate() }
        var at = 0
        for (offset, count) in list.written {
            _ = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: all[at..<at + count]), at: offset)
            at += count
        }
        UnsafeMutableRawBufferPointer(rebasing: all[at...]).copyBytes(from: list.rest)
        return Array(all.bindMemory(to: Entry.self))
    }

    private func write(_ bytes: [UInt8]) throws(SystemError) {
        // A typed throw does not pass through withUnsafeBytes as it stands.
        let result = bytes.withUnsafeBytes { rest in Result { () throws(SystemError) in try file.write(rest, at: size) } }
        try result.get()
    }
}
