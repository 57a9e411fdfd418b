// A disk that forgets what was not synchronised: records, at every call of an operation, what a folder holds for running programs
// and what is certainly on the disk, and can leave behind any mixture of the two as a power failure would.
//
// What is written is seen by looking, not by trusting the gate; only `sync` is believed, at the moment it is called.

import FileSystem
import Glibc
import Synchronization
import Testing

/// A file or folder as it stands at one moment.
struct DiskNode: Hashable, Sendable {
    var isFolder: Bool
    var mode: mode_t
    var bytes: [UInt8] = []
    /// Identities by name.
    var entries: [String: UInt64] = [:]
}

/// A moment of an operation at which the power can fail.
struct DiskMoment: Hashable, Sendable {
    /// By identity; 0 is the folder itself.
    var seen: [UInt64: DiskNode]
    var durable: [UInt64: DiskNode]
    /// The call that was about to be made.
    var call: String
}

final class RecordedDisk: Sendable {
    private let folder: String
    private struct Recording {
        var durable: [UInt64: DiskNode] = [:]
        var identities: [UInt64: UInt64] = [:]
        var next: UInt64 = 1
        var trusted: Set<UInt64> = []
        var moments: [DiskMoment] = []
    }
    private let recording = Mutex(Recording())
    /// SQLite synchronises its files by itself, unseen by the gate; these are the ones that it is trusted with.
    private let databases: [String]
    /// They get their names from us in what is recorded: SQLite is trusted only from when name and bytes are certainly on the disk.
    private let areNamedByUs: Bool

    /// - Parameter databases: data files that stand in `folder` itself.
    init(_ folder: String, databases: [String], areNamedByUs: Bool = false) {
        self.folder = folder
        self.databases = databases
        self.areNamedByUs = areNamedByUs
    }

    /// Runs an operation. Everything that stands in the folder before is on the disk.
    /// - Returns: each moment that differs from the one before, the last one after the end.
    func record(_ body: () throws -> Void) rethrows -> [DiskMoment] {
        recording.withLock { state in
            let start = look(&state)
            state.durable = start
        }
        let plan: Faults.Plan = { [self] call, path in
            if path.hasPrefix(folder) { note(call, path) }
            return nil
        }
        Faults.install(plan, by: folder)
        defer { Faults.install(nil, by: folder) }
        try body()
        note(.read, folder)
        return recording.withLock { $0.moments }
    }

    private func note(_ call: SystemCall, _ path: String) {
        recording.withLock { state in
            let seen = look(&state)
            for database in databases { trust(database, &state, seen) }
            let said = "\(call.rawValue) \(path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path)"
            if state.moments.last.map({ $0.seen != seen || $0.durable != state.durable }) ?? true {
                state.moments.append(DiskMoment(seen: seen, durable: state.durable, call: said))
            }
            guard call == .sync, let identity = identity(of: path, state), let node = seen[identity] else { return }
            // A folder's sync is for its names, a file's for its bytes.
            state.durable[identity] = node
        }
    }

    /// The data file changes by SQLite's checkpoints only, before which it synchronises the write-ahead log, and the names of its
    /// files are its affair. The write-ahead log itself counts as written when we synchronise it.
    private func trust(_ database: String, _ state: inout Recording, _ seen: [UInt64: DiskNode]) {
        guard let root = seen[0] else { return }
        let main = root.entries[database]
        if areNamedByUs {
            guard let main, state.durable[0]?.entries[database] == main else { return }
            if state.durable[main]?.bytes == seen[main]?.bytes { state.trusted.insert(main) }
            if !state.trusted.contains(main) { return }
        }
        let isCheckpointed = main.map { seen[$0]?.bytes != state.durable[$0]?.bytes } ?? false
        for suffix in ["", "-wal", "-journal"] {
            let name = database + suffix
            let old = state.durable[0]?.entries[name]
            state.durable[0]?.entries[name] = root.entries[name]
            if let now = root.entries[name], isCheckpointed || old != now || state.durable[now] == nil { state.durable[now] = seen[now] }
        }
    }

    private func identity(of path: String, _ state: Recording) -> UInt64? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        var root = stat()
        if stat(folder, &root) == 0, root.st_ino == status.st_ino { return 0 }
        return state.identities[UInt64(status.st_ino)]
    }

    // MARK: Looking

    private func look(_ state: inout Recording) -> [UInt64: DiskNode] {
        var seen: [UInt64: DiskNode] = [:]
        var identities: [UInt64: UInt64] = [:]
        walk(folder, 0, &seen, &identities, &state)
        state.identities = identities
        return seen
    }

    private func walk(
        _ path: String, _ identity: UInt64, _ seen: inout [UInt64: DiskNode], _ identities: inout [UInt64: UInt64], _ state: inout Recording
    ) {
        var node = DiskNode(isFolder: true, mode: (Folder.status(of: path)?.st_mode ?? 0) & 0o7777)
        for name in RecordedDisk.names(path) where !name.hasSuffix("-shm") {
            let child = path + "/" + name
            guard let status = Folder.status(of: child) else { continue }
            let number = UInt64(status.st_ino)
            // An inode that was gone is another file when it is there again.
            let known = identities[number] ?? state.identities[number]
            let childIdentity = known ?? state.next
            if known == nil { state.next += 1 }
            identities[number] = childIdentity
            node.entries[name] = childIdentity
            if status.st_mode & S_IFMT == S_IFDIR {
                walk(child, childIdentity, &seen, &identities, &state)
            } else if seen[childIdentity] == nil {
                seen[childIdentity] = DiskNode(isFolder: false, mode: status.st_mode & 0o7777, bytes: RecordedDisk.bytes(child))
            }
        }
        seen[identity] = node
    }

    /// Past the gate, whose plan this runs in.
    private static func names(_ path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Closing a descriptor of the data file drops SQLite's locks on it, which harms nobody here: no other process uses it.
    private static func bytes(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        fstat(descriptor, &status)
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        bytes.removeLast(bytes.count - max(0, count))
        return bytes
    }
}
