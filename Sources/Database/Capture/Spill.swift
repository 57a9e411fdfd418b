// Many growing lists in one temporary file without a name: each list fills a small buffer in memory, full buffers go to the file.

import FileSystem
import Glibc

/// Lists of fixed-size entries on disk. The file disappears with the value, also when the process dies.
final class Spill<Entry: BitwiseCopyable> {
    private final class List {
        var written: [(offset: UInt64, count: Int)] = []
        var rest: [Entry] = []
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
        self.chunk = chunk / MemoryLayout<Entry>.stride
    }

    func append(_ entry: Entry, to index: Int) throws(SystemError) {
        while lists.count <= index { lists.append(List()) }
        let list = lists[index]
        list.rest.append(entry)
        if list.rest.count >= chunk { try write(list) }
    }

    /// All entries of a list, in the order in which they were added.
    func load(_ index: Int) throws(SystemError) -> [Entry] {
        guard index < lists.count else { return [] }
        let list = lists[index]
        let total = list.written.reduce(list.rest.count) { $0 + $1.count }
        let all = UnsafeMutableBufferPointer<Entry>.allocate(capacity: total)
        defer { all.deallocate() }
        var at = 0
        for (offset, count) in list.written {
            let target = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: all[at..<at + count]))
            // Untested: nobody else can make a file shorter that has no name.
            guard try file.read(into: target, at: offset) == target.count else { throw SystemError(.read, file.path, errno: EIO) }
            at += count
        }
        _ = UnsafeMutableBufferPointer(rebasing: all[at...]).update(fromContentsOf: list.rest)
        return Array(all)
    }

    private func write(_ list: List) throws(SystemError) {
        // A typed throw does not pass through withUnsafeBytes as it stands.
        let result = list.rest.withUnsafeBytes { rest in Result { () throws(SystemError) in try file.write(rest, at: size) } }
        try result.get()
        list.written.append((size, list.rest.count))
        size += UInt64(list.rest.count * MemoryLayout<Entry>.stride)
        list.rest.removeAll(keepingCapacity: true)
    }
}
