// What tests arrange around an application: settings, a full disk, waiting for a sign of a child.

import FileSystem
import Glibc
import Testing

extension Workbench {
    /// Writes a settings file with one section's content.
    func set(_ section: String, _ xml: String) throws {
        try Folder.create(companion + "/Settings")
        try write(
            Array("""
                <?xml version="1.0" encoding="UTF-8"?>
                <Preferences4D xmlns="http://www.4d.com/namespace/reserved/2004/backup"><Backup><Settings><\(section)>\(xml)</\(section)></Settings></Backup></Preferences4D>
                """.utf8), to: companion + "/Settings/Backup.4DSettings")
    }

    /// Waits until a file is there, at most two minutes.
    func waitFor(_ path: String) throws {
        for _ in 0..<24_000 where !exists(path) { usleep(5_000) }
        try #require(exists(path), "'\(path)' did not appear")
    }
}

/// A file system of a few kilobytes in memory, where tests run as root; otherwise not mounted, and the test has nothing to do.
final class TinyDisk {
    let folder: String
    let isMounted: Bool

    init(kilobytes: Int) throws {
        var template = Array("/tmp/msc-disk-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        isMounted = geteuid() == 0 && mount("tmpfs", folder, "tmpfs", 0, "size=\(kilobytes)k") == 0
    }

    func makeReadOnly() { mount("tmpfs", folder, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) }

    deinit {
        if isMounted {
            mount("tmpfs", folder, "tmpfs", UInt(MS_REMOUNT), nil)
            umount2(folder, Int32(MNT_DETACH))
        }
        rmdir(folder)
    }
}
