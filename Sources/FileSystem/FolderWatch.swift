// Being told by the kernel when files of a folder change (inotify): no waiting loop has to ask for it. It only hints; who
// depends on it looks for itself from time to time, since a file system need not tell, and the queue can overflow.

import Glibc

/// Watches some files of one folder, by name: a file that is replaced or made anew is watched like the first one. Writing to
/// other files of the folder is not heard of. Used by one thread.
public final class FolderWatch {
    /// What the kernel told since the last time.
    public struct News: Sendable, Equatable {
        /// A watched file was written to, or its size changed.
        public var isWritten = false
        /// A watched file appeared or went away.
        public var isMoved = false
        /// The folder itself went away: nothing more will be told before `watchAgain`.
        public var isGone = false

        public init() {}
    }

    /// Readable when there is news: for `poll`. Stays the same for the life of the value; -1 when the kernel gives none.
    public let descriptor: Int32
    private let folder: String
    private let names: Set<String>
    /// The kernel's numbers; -1 for what is not watched.
    private var folderWatch: Int32 = -1
    private var fileWatches: [String: Int32] = [:]

    /// - Parameter names: the files of the folder that count. They need not exist.
    public init(_ folder: String, names: Set<String>) {
        self.folder = folder
        self.names = names
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        watchAgain()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Watches the folder that stands at the path now, whether or not it is the one from before, and its files.
    public func watchAgain() {
        guard descriptor >= 0 else { return }
        let mask =
            UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO) | UInt32(IN_DELETE_SELF)
            | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)
        let made = inotify_add_watch(descriptor, folder, mask)
        if folderWatch >= 0, folderWatch != made { inotify_rm_watch(descriptor, folderWatch) }
        folderWatch = made
        for name in names { watchFile(name) }
    }

    /// Watches the file that stands under a name now.
    private func watchFile(_ name: String) {
        let made = inotify_add_watch(descriptor, Folder.join(folder, name), UInt32(IN_MODIFY))
        if let old = fileWatches[name], old != made { inotify_rm_watch(descriptor, old) }
        fileWatches[name] = made >= 0 ? made : nil
    }

    /// Whether the kernel watches: not when the folder was missing, or when this user has no watches left.
    public var isActive: Bool { folderWatch >= 0 }

    /// Takes what was told and forgets it. Does not wait.
    public func take() -> News {
        var news = News()
        guard descriptor >= 0 else { return news }
        // Room for many events: a burst is taken with few calls. A name has at most 255 bytes.
        withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: MemoryLayout<inotify_event>.alignment) { buffer in
            guard let base = buffer.baseAddress else { return }
            // More rounds than any burst between two looks needs; what is left is taken the next time.
            for _ in 0..<64 {
                let count = read(descriptor, base, buffer.count)
                if count <= 0 { return }
                var at = 0
                while at + MemoryLayout<inotify_event>.size <= count {
                    let event = (base + at).load(as: inotify_event.self)
                    let name = at + MemoryLayout<inotify_event>.size
                    at = name + Int(event.len)
                    guard at <= count else { return }
                    note(event, UnsafeRawBufferPointer(start: base + name, count: Int(event.len)), &news)
                }
            }
            // Untested: only thousands of events between two looks fill so many buffers.
        }
        return news
    }

    private func note(_ event: inotify_event, _ bytes: UnsafeRawBufferPointer, _ news: inout News) {
        let mask = event.mask
        if mask & UInt32(IN_Q_OVERFLOW) != 0 { news.isWritten = true }
        if mask & UInt32(IN_MODIFY) != 0, fileWatches.values.contains(event.wd) { news.isWritten = true }
        // A file watch goes with its file; the folder tells of that.
        guard event.wd == folderWatch else { return }
        if mask & (UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_IGNORED) | UInt32(IN_UNMOUNT)) != 0 {
            news.isGone = true
            folderWatch = -1
        }
        let name = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        guard names.contains(name) else { return }
        news.isMoved = true
        watchFile(name)
    }
}
