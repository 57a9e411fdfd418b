// Being told by the kernel when files of a folder change (inotify): no waiting loop has to ask for it. It only hints; who
// depends on it looks for itself from time to time, since a file system need not tell, and the queue can overflow.

import Glibc

/// Watches one folder for changes of some of its files, by name: a file that is replaced or made anew is watched like the
/// first one. Used by one thread.
public final class FolderWatch {
    /// What the kernel told since the last time.
    public struct News: Sendable, Equatable {
        /// A watched file was written to, or its size changed.
        public var isWritten = false
        /// A watched file appeared, went away or got another owner, mode or time.
        public var isMoved = false
        /// The folder itself went away: nothing more will be told before `watchAgain`.
        public var isGone = false

        public init() {}
    }

    /// Readable when there is news: for `poll`. Stays the same for the life of the value; -1 when the kernel gives none.
    public let descriptor: Int32
    private let folder: String
    private let names: Set<String>
    private var isWatching = false

    /// - Parameter names: the files of the folder that count. They need not exist.
    public init(_ folder: String, names: Set<String>) {
        self.folder = folder
        self.names = names
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        watchAgain()
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Watches the folder that stands at the path now, whether or not it is the one from before.
    public func watchAgain() {
        guard descriptor >= 0 else { return }
        let mask =
            UInt32(IN_MODIFY) | UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_MOVED_FROM) | UInt32(IN_MOVED_TO) | UInt32(IN_ATTRIB)
            | UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_ONLYDIR)
        isWatching = inotify_add_watch(descriptor, folder, mask) >= 0
    }

    /// Whether the kernel watches: not when the folder was missing, or when this user has no watches left.
    public var isActive: Bool { isWatching }

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
        }
        return news
    }

    private func note(_ event: inotify_event, _ name: UnsafeRawBufferPointer, _ news: inout News) {
        let mask = event.mask
        if mask & UInt32(IN_Q_OVERFLOW) != 0 { news.isWritten = true }
        if mask & (UInt32(IN_DELETE_SELF) | UInt32(IN_MOVE_SELF) | UInt32(IN_IGNORED) | UInt32(IN_UNMOUNT)) != 0 {
            news.isGone = true
            isWatching = false
        }
        guard !name.isEmpty, names.contains(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)) else { return }
        if mask & UInt32(IN_MODIFY) != 0 { news.isWritten = true } else { news.isMoved = true }
    }
}
