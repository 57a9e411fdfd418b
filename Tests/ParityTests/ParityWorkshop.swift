// Files for the tests of this room: made of numbers, damaged on purpose, read back.

import FileSystem
import Foundation
import Parity
import Testing
import Vocabulary

/// A temporary folder with a protected file.
final class ParityWorkshop {
    let folder: String
    let bytes: [UInt8]
    let files: [String]
    let parity: String

    init(size: Int, segment: Int? = nil, _ strength: ParityStrength, name: String = "A") throws {
        folder = NSTemporaryDirectory() + "msc-parity-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var state: UInt64 = 42
        bytes = (0..<size).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        var files: [String] = []
        for start in stride(from: 0, to: size, by: segment ?? size) {
            let path = folder + "/\(name)\(files.count + 1)"
            try Data(bytes[start..<min(size, start + (segment ?? size))]).write(to: URL(fileURLWithPath: path))
            files.append(path)
        }
        self.files = files
        parity = folder + "/\(name).parity"
        _ = try ParityWriter.write(parity, protecting: files, strength, Job())
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func open() throws -> ParityFile { try #require(try ParityFile.open(parity)) }

    /// Everything read through the parity file.
    func read(_ portion: Int = 100_000) throws -> [UInt8] {
        let input = ProtectedInput(try open(), paths: files)
        var result = [UInt8](repeating: 0, count: Int(input.size))
        try result.withUnsafeMutableBytes { result in
            var offset = 0
            while offset < result.count {
                let end = min(result.count, offset + portion)
                try input.read(into: UnsafeMutableRawBufferPointer(rebasing: result[offset..<end]), at: UInt64(offset))
                offset = end
            }
        }
        return result
    }

    func assess() throws -> ParityAssessment { try ParityAssessment.of(open(), paths: files, Job()) }

    /// Turns bytes of a file over.
    static func damage(_ path: String, _ range: Range<Int>) throws {
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        defer { try? handle.close() }
        try handle.seek(toOffset: UInt64(range.lowerBound))
        let old = try #require(try handle.read(upToCount: range.count))
        try handle.seek(toOffset: UInt64(range.lowerBound))
        try handle.write(contentsOf: Data(old.map { ~$0 }))
    }

    static func size(_ path: String) throws -> Int { try Data(contentsOf: URL(fileURLWithPath: path)).count }

    /// Writes the files as they were.
    func mend() throws {
        var start = 0
        for path in files {
            let end = min(bytes.count, files.count == 1 ? bytes.count : start + segment)
            try Data(bytes[start..<end]).write(to: URL(fileURLWithPath: path))
            start = end
        }
    }

    private var segment: Int { (bytes.count + files.count - 1) / files.count }
}
