import FileSystem
import Glibc
import LogFile
import Testing
import Vocabulary

extension FaultTests {
/// A child that is between its fork and its exec has every open file of its parent, and with it the locks that nobody let go.
@Suite("A log's lock ends with its writer, whatever child is just being started")
struct WriterLockTests {
    let folder: TestFolder
    let path: String

    init() throws {
        folder = try TestFolder()
        path = folder.file("a.journal")
    }

    /// The open files below the folder once more, as a child has them after its fork.
    private func inherited() -> [Int32] {
        (0..<1024).compactMap { descriptor in
            var name = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/\(descriptor)", &name, name.count - 1)
            guard count > 0 else { return nil }
            let target = String(decoding: name.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
            return target.hasPrefix(folder.path) ? fcntl(Int32(descriptor), F_DUPFD_CLOEXEC, 0) : nil
        }
    }

    @Test("I9: a log that was just published is free for its writer")
    func published() throws {
        let child = Inheritance()
        Faults.install { [folder] call, path in
            if call == .link, path.hasPrefix(folder.path) { child.descriptors += inherited() }
            return nil
        }
        defer {
            Faults.install(nil)
            child.descriptors.forEach { close($0) }
        }
        let writer = try LogWriter.create(path, header: try Sample.header())
        #expect(!child.descriptors.isEmpty && writer.lastOperation == 0)
    }

    @Test("I9: a log that could not be opened for damage is free when it is mended")
    func failed() throws {
        _ = try LogWriter.create(path, header: try Sample.header())
        let sound = try readAll(path)
        try writeAll([UInt8](repeating: 0, count: sound.count), to: path)
        let child = Inheritance()
        Faults.install { [folder] call, path in
            if call == .read, path.hasPrefix(folder.path), child.descriptors.isEmpty { child.descriptors += inherited() }
            return nil
        }
        defer {
            Faults.install(nil)
            child.descriptors.forEach { close($0) }
        }
        #expect(throws: Failure.self) { try LogWriter(opening: path) }
        Faults.install(nil)
        #expect(!child.descriptors.isEmpty)
        let file = try File(path, .readWrite)
        try sound.withUnsafeBytes { try file.write($0, at: 0) }
        #expect(try LogWriter(opening: path).lastOperation == 0)
    }

    /// Written and read by the test's own thread only: the plan of failing calls runs in the thread that makes the call.
    private final class Inheritance: @unchecked Sendable { var descriptors: [Int32] = [] }
}
}
