// Keeps two processes of ours from changing the same small file at once: a backup of another application that shares the
// destination folder, or an integration that writes the journal while a backup does.

import FileSystem
import Glibc
import Vocabulary

/// An exclusive lock on a folder, held until the value ends or the process dies. It leaves no file behind.
struct FolderLock: ~Copyable {
    private let folder: File

    private init(folder: consuming File) { self.folder = folder }

    deinit { AdvisoryLock.release(folder.descriptor) }

    /// Waits for the lock up to `patience` milliseconds.
    /// - Throws: 1510 when another process kept it that long, 1516 when the folder cannot be opened.
    static func take(_ path: String, patience: Int) throws(Failure) -> FolderLock {
        do {
            let folder = try File(path, .read)
            if isLocked(folder.descriptor, patience) { return FolderLock(folder: folder) }
        } catch { throw Failure.writing(error) }
        throw Failure(
            .operationRunning, "another process is writing in the folder '\(path)'",
            hint: "Try again; if it stays so, look for a process that hangs.")
    }

    private static func isLocked(_ descriptor: Int32, _ patience: Int) -> Bool {
        for waited in stride(from: 0, through: patience, by: pause) {
            guard case .held = AdvisoryLock.take(descriptor) else { return true }
            if waited < patience { usleep(UInt32(pause) * 1000) }
        }
        return false
    }

    /// Milliseconds between two attempts.
    private static let pause = 10
}
