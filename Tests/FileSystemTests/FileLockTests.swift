// A lock is one owner's at a time (I9), and free at once when its owner lets it go.

import FileSystem
import Glibc
import Testing

@Suite("A lock on a file")
struct FileLockTests {
    let path: String

    init() throws {
        var template = Array("/tmp/msc-test-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)) + "/lock"
    }

    /// False when another one holds it.
    private func locked(_ body: () throws -> Void = {}) throws -> Bool {
        guard let lock = try FileLock.take(path) else { return false }
        try body()
        withExtendedLifetime(lock) {}
        return true
    }

    @Test("I9: held by one, it is not given to another; let go, it is")
    func one() throws {
        var isGivenAgain = true
        let isTaken = try locked { isGivenAgain = try locked() }
        #expect(isTaken && !isGivenAgain)
        #expect(try locked())
    }

    @Test("let go, it is free also while a child that is about to become another program has the file open")
    func copied() throws {
        // What a fork makes: another descriptor of the same open file.
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        let isTaken = try locked { copies = (0..<1024).filter { Self.file(of: $0) == path }.map { dup(Int32($0)) } }
        #expect(isTaken && copies.count == 1)
        #expect(try locked())
    }

    private static func file(of descriptor: Int) -> String? {
        var target = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/fd/\(descriptor)", &target, target.count)
        return count > 0 ? String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
