// Whether any process has a file open, by Linux's /proc. It sees the processes of this user; root sees all.

import FileSystem
import Glibc

enum OpenFiles {
    /// A process other than this one that has the file open; nil when none is seen.
    static func holder(of path: String) -> pid_t? {
        guard let wanted = Folder.status(of: path) else { return nil }
        for name in (try? Folder.contents(of: "/proc")) ?? [] {
            guard let process = pid_t(name), process != getpid() else { continue }
            let folder = "/proc/\(process)/fd"
            for descriptor in (try? Folder.contents(of: folder)) ?? [] {
                var status = stat()
                if stat("\(folder)/\(descriptor)", &status) == 0, status.st_ino == wanted.st_ino, status.st_dev == wanted.st_dev {
                    return process
                }
            }
        }
        return nil
    }
}
