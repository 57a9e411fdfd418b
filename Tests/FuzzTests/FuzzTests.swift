// The mutation fuzzer: bytes of the corpus changed at random, fed to every target. In the test command some hundreds per target;
// MSC_FUZZ_SECONDS says how long each target is fuzzed, MSC_FUZZ_SEED repeats a run. libFuzzer: scripts/fuzz.sh.

import FileSystem
import FuzzTargets
import Glibc
import Testing

@Suite("Bytes that nobody meant")
struct FuzzTests {
    static let seconds = getenv("MSC_FUZZ_SECONDS").flatMap { Int(String(cString: $0)) } ?? 0
    static let seed = getenv("MSC_FUZZ_SEED").flatMap { UInt64(String(cString: $0)) } ?? UInt64.random(in: 1..<1 << 32)

    @Test("are refused with a code that helps, or read as what they are", arguments: FuzzTarget.allCases)
    func mutations(target: FuzzTarget) throws {
        let corpus = try Corpus.of(target)
        #expect(!corpus.isEmpty)
        let place = try Scratch()
        for bytes in corpus { try target.run(bytes, in: place.folder) }
        var mutator = Mutator(seed: FuzzTests.seed ^ UInt64(truncatingIfNeeded: target.rawValue.utf8.reduce(0) { $0 &* 31 &+ Int($1) }))
        var runs = 0
        let end = time(nil) + FuzzTests.seconds
        while FuzzTests.seconds > 0 ? time(nil) < end : runs < 150 {
            let bytes = mutator.mutate(corpus)
            runs += 1
            do { try target.run(bytes, in: place.folder) } catch {
                let path = "/tmp/msc-fuzz-\(target)-\(FuzzTests.seed)-\(runs)"
                let file = try File(path, .createNew)
                try bytes.withUnsafeBytes { try file.write($0, at: 0) }
                Issue.record("seed \(FuzzTests.seed), run \(runs), input \(path): \(error)")
                return
            }
        }
        if FuzzTests.seconds > 0 { print("fuzz \(target): \(runs) runs, seed \(FuzzTests.seed)") }
    }
}

extension FuzzTests {
    /// Logs and archives have tests of their own, which know what each byte means (LogFileTests, ArchiveTests, ParityTests).
    @Test(
        "every byte changed and every length cut: refused with a code that helps, or read as another sound file",
        arguments: [.settings, .history, .record, .manifest] as [FuzzTarget])
    func everyByte(target: FuzzTarget) throws {
        let place = try Scratch()
        for whole in try Corpus.of(target) {
            for offset in whole.indices {
                var bytes = whole
                bytes[offset] ^= [0x01, 0x04, 0x20, 0x80][offset % 4]
                #expect(throws: Never.self, "byte \(offset)") { try target.run(bytes, in: place.folder) }
                if offset % 4 == 0 || FuzzTests.seconds > 0 {
                    #expect(throws: Never.self, "cut at \(offset)") { try target.run(Array(whole[..<offset]), in: place.folder) }
                }
            }
        }
    }
}

/// The inputs in the repository.
enum Corpus {
    static func of(_ target: FuzzTarget) throws -> [[UInt8]] {
        let folder = #filePath.split(separator: "/").dropLast(2).map { "/\($0)" }.joined() + "/Corpus/\(target)"
        return try Folder.contents(of: folder).map { try File.contents(of: Folder.join(folder, $0), atMost: 1 << 24) }
    }
}

final class Scratch {
    let folder: String

    init() throws {
        var template = Array("\(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")/msc-fuzz-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? Folder.removeTree(folder) }
}

/// Changes that find what honest bytes do not: flips, numbers at their bounds, pieces removed, doubled and exchanged.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func mutate(_ corpus: [[UInt8]]) -> [UInt8] {
        var bytes = corpus.randomElement(using: &self) ?? []
        for _ in 0..<Int.random(in: 1...6, using: &self) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            let length = min(bytes.count - place, 1 << Int.random(in: 0...6, using: &self))
            switch Int.random(in: 0..<8, using: &self) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 1: bytes[place] = .random(in: 0...255, using: &self)
            case 2:
                let extreme: [UInt8] = [[0], [0xff], [0x7f, 0xff, 0xff, 0xff], [0, 0, 0, 0x80], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]]
                    .randomElement(using: &self) ?? []
                for (offset, byte) in extreme.enumerated() where place + offset < bytes.count { bytes[place + offset] = byte }
            case 3: bytes.removeSubrange(place..<place + length)
            case 4: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
            case 5: bytes.removeSubrange(place...)
            case 6:
                let other = corpus.randomElement(using: &self) ?? []
                if !other.isEmpty {
                    let start = Int.random(in: 0..<other.count, using: &self)
                    bytes.replaceSubrange(place..<place + length, with: other[start..<min(other.count, start + length)])
                }
            default:
                for offset in place..<place + length { bytes[offset] = .random(in: 0...255, using: &self) }
            }
        }
        return bytes
    }
}
