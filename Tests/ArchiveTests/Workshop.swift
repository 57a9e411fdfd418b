// What the archive's tests share: a folder of their own, bytes that compress like real ones, other ZIP programs.

import Deflate
import Glibc
import Synchronization
import Vocabulary
@testable import Archive
@testable import FileSystem

/// A folder that goes away with the test.
final class Workshop: Sendable {
    let folder: String

    init() {
        var template = Array("/tmp/msc-archive-XXXXXX".utf8CString)
        folder = String(cString: mkdtemp(&template))
    }

    deinit { _ = run("rm", "-rf", folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func contents() -> [String] { (try? Folder.contents(of: folder)) ?? [] }

    func bytes(_ name: String) -> [UInt8] {
        guard let file = try? File(path(name), .read), let size = try? file.size() else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = bytes.withUnsafeMutableBytes { try? file.read(into: $0, at: 0) }
        return Array(bytes[..<(count ?? 0)])
    }

    func write(_ bytes: [UInt8], to name: String) throws {
        unlink(path(name))
        let file = try File(path(name), .createNew)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }
}

/// Numbers that look random and are the same in every run.
struct Dice: RandomNumberGenerator {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}

enum Sample {
    /// Words with numbers between them: compresses to about a third.
    static func text(_ count: Int) -> [UInt8] {
        let words = ["customer", "größe", "invoice", "paid", "open", "München", "2026-05-04", "null", "select"].map { Array($0.utf8) }
        var dice = Dice()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 32)
        while bytes.count < count {
            bytes += words[Int(dice.next() % UInt64(words.count))]
            bytes.append(UInt8(truncatingIfNeeded: dice.next()))
        }
        return Array(bytes[..<count])
    }

    static func noise(_ count: Int) -> [UInt8] {
        var dice = Dice()
        var bytes = [UInt8](repeating: 0, count: count + 8)
        bytes.withUnsafeMutableBytes { buffer in
            for offset in stride(from: 0, to: count, by: 8) { buffer.storeBytes(of: dice.next(), toByteOffset: offset, as: UInt64.self) }
        }
        return Array(bytes[..<count])
    }

    static func manifest() -> Manifest {
        Manifest(
            application: "0B1E5A52-0000-4000-8000-000000000001", applicationName: "SampleDB", backupNumber: 6,
            chain: "0B1E5A52-0000-4000-8000-000000000002", lastOperation: 42, position: 57, startTime: 1_760_000_000_000,
            endTime: 1_760_000_001_500, programVersion: "1.0.0", textEncoding: "UTF-8", properties: ["note": "größe"])
    }
}

/// A pull source over bytes, giving at most `step` at a time.
func source(_ bytes: [UInt8], step: Int = .max) -> (UnsafeMutableRawBufferPointer) -> Int {
    var position = 0
    return { buffer in
        let count = min(buffer.count, bytes.count - position, step)
        buffer.copyBytes(from: bytes[position..<position + count])
        position += count
        return count
    }
}

typealias Content = (name: String, bytes: [UInt8])

/// Writes an archive with these files.
@discardableResult
func makeArchive(
    _ path: String, _ contents: [Content], compression: Compression = .fast, codec: Codec = .best, segmentSize: UInt64? = nil,
    cores: Int = 2, job: Job = Job()
) throws -> ArchiveWriter.Result {
    let writer = try ArchiveWriter(
        path: path, segmentSize: segmentSize, ownership: nil, expectedBytes: 0, job: job, codec: codec, cores: cores)
    for content in contents {
        let entry = ArchiveWriter.Entry(
            role: .data, name: content.name, originalPath: "/srv/\(content.name)", mode: 0o640, modified: 1_750_000_001_000)
        try writer.addEntry(entry, compression: compression, source: source(content.bytes))
    }
    return try writer.finish(Sample.manifest())
}

/// Everything an archive gives, in the order of its manifest.
func readArchive(_ path: String, codec: Codec = .best, cores: Int = 2) throws -> [Content] {
    let reader = try ArchiveReader(path: path, codec: codec, cores: cores)
    return try reader.manifest().items.map { item in
        var bytes: [UInt8] = []
        try reader.extract(item, job: Job()) { bytes.append(contentsOf: $0) }
        return (item.entryName, bytes)
    }
}

func same(_ one: [Content], _ other: [Content]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { $0.name == $1.name && $0.bytes == $1.bytes }
}

/// Runs a program with its output to a file; nil when it is not installed.
@discardableResult
func run(_ program: String, _ arguments: String..., input: String = "") -> (status: Int32, output: String)? {
    var template = Array("/tmp/msc-output-XXXXXX".utf8CString)
    let output = mkstemp(&template)
    defer {
        close(output)
        unlink(template)
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    // A UTF-8 locale: unzip compares names in the locale's encoding.
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("LC_ALL=C.UTF-8"), strdup("PATH=" + String(cString: getenv("PATH"))), nil]
    defer { environment.forEach { free($0) } }
    var child: pid_t = 0
    guard posix_spawnp(&child, program, &actions, nil, &words, &environment) == 0 else { return nil }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    var bytes = [UInt8](repeating: 0, count: 100_000)
    let count = pread(output, &bytes, bytes.count, 0)
    return (status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f), String(decoding: bytes[..<max(0, count)], as: UTF8.self))
}

extension Failure {
    /// The code of the failure that `body` throws; nil when it throws none.
    static func code(of body: () throws -> Void) -> ErrorCode? {
        do { try body(); return nil } catch { return (error as? Failure)?.code }
    }
}
