// The beginning of every log: file header and its copy.

import Deflate
import FileSystem
import Glibc

enum NewLog {
    /// Writes the beginning into an empty file and returns the stream that goes on from there. Definitions of tables that the header has no room
    /// for follow it in blocks of their own, which end no commit.
    /// - Parameter room: the most bytes of a header with definitions.
    /// - Throws: EFBIG for a header that no reader would take, such as one with a structure of more than 64 MiB: nothing is written then.
    static func begin(
        _ header: LogHeader, in file: borrowing File, effort: Effort, commitsEachBlock: Bool, key: IntegrityKey?,
        room: Int = LogFormat.maximumHeaderSize
    ) throws(SystemError) -> BlockStream {
        var bytes = header.bytes()
        let isWhole = bytes.count <= room && bytes.withUnsafeBytes { LogHeader.isReadable($0, path: file.path) }
        if !isWhole {
            var bare = header
            bare.tables = []
            bytes = bare.bytes()
        }
        guard bytes.withUnsafeBytes({ LogHeader.isReadable($0, path: file.path) }) else { throw SystemError(.write, file.path, errno: EFBIG) }
        try file.write(bytes, at: 0)
        let stream = BlockStream(
            ChainEnd(
                end: UInt64(bytes.count), digest: bytes.withUnsafeBytes { Digest.of($0) }, nextOperation: header.firstOperation,
                lastPosition: header.startPosition, lastTime: header.startTime),
            effort: effort, commitsEachBlock: commitsEachBlock, key: key)
        try stream.writeHeaderCopy(bytes, to: file)
        if !isWhole { try stream.writeDefinitions(Definitions(tables: header.tables), to: file) }
        return stream
    }
}
