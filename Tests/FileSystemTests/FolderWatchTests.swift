// What the kernel tells of watched files, and what it does not.

import FileSystem
import Foundation
import Glibc
import Testing

@Suite("A folder watch")
struct FolderWatchTests {
    private let folder: String

    init() throws {
        var template = Array("/tmp/msc-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func write(_ name: String) throws {
        let descriptor = open("\(folder)/\(name)", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(descriptor >= 0)
        #expect(Glibc.write(descriptor, "x", 1) == 1)
        close(descriptor)
    }

    @Test("tells of writing to a watched file, also to one that was made or replaced later, and not of others")
    func writing() throws {
        defer { try? Folder.removeTree(folder) }
        try write("data")
        let watch = FolderWatch(folder, names: ["data", "data-wal"])
        #expect(watch.isActive && watch.take() == FolderWatch.News())
        try write("data")
        #expect(watch.take().isWritten)
        #expect(watch.take() == FolderWatch.News())
        for _ in 0..<100 { try write("other") }
        #expect(watch.take() == FolderWatch.News())
        try write("data-wal")
        #expect(watch.take().isMoved)
        try write("data-wal")
        #expect(watch.take().isWritten)
        try write("new")
        rename("\(folder)/new", "\(folder)/data")
        let replaced = watch.take()
        #expect(replaced.isMoved)
        try write("data")
        #expect(watch.take().isWritten)
        unlink("\(folder)/data-wal")
        #expect(watch.take().isMoved)
    }

    @Test("tells that the folder is gone, and watches the next one when it is told to")
    func gone() throws {
        defer { try? Folder.removeTree(folder) }
        let inner = folder + "/inner"
        mkdir(inner, 0o700)
        let watch = FolderWatch(inner, names: ["data"])
        rename(inner, folder + "/away")
        #expect(watch.take().isGone && !watch.isActive)
        watch.watchAgain()
        #expect(!watch.isActive)
        mkdir(inner, 0o700)
        watch.watchAgain()
        #expect(watch.isActive)
        _ = watch.take()
        try write("inner/data")
        #expect(watch.take().isMoved)
    }

    @Test("a wait ends when it is raised, before or during it")
    func wakeUp() throws {
        let wakeUp = try WakeUp()
        wakeUp.raise()
        wakeUp.wait(milliseconds: 60_000, or: -1)
        // More signs than a pipe holds are one.
        for _ in 0..<100_000 { wakeUp.raise() }
        wakeUp.wait(milliseconds: 60_000, or: -1)
        let started = DispatchTime.now()
        wakeUp.wait(milliseconds: 50, or: -1)
        #expect(DispatchTime.now().uptimeNanoseconds - started.uptimeNanoseconds >= 40_000_000)
    }
}
