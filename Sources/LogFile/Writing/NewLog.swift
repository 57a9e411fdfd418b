// The beginning of every log: file header and its copy.

import Deflate
import FileSystem
import Glibc

enum NewLog {
    /// Writes the beginning into an empty file and returns the stream that goes on from there.
    /// - Throws: EFBIG for a header that no reader would take, such as one with a structure of more than 64 MiB: nothing is written then.
    static func begin(
        _ header: LogHeader, in file: borrowing File, effort: Effort, commitsEachBlock: Bool, key: IntegrityKey?
    ) throws(SystemError) -> BlockStream {
        let bytes = header.bytes()
        guard bytes.withUnsafeBytes({ LogHeader.isReadable($0, path: file.path) }) else { throw SystemError(.write, file.path, errno: EFBIG) }
        try file.write(bytes, at: 0)
        let stream = BlockStream(
            ChainEnd(
                end: UInt64(bytes.count), digest: bytes.withUnsafeBytes { Digest.of($0) }, nextOperation: header.firstOperation,
                lastPosition: header.startPosition, lastTime: header.startTime),
            effort: effort, commitsEachBlock: commitsEachBlock, key: key)
        try stream.writeHeaderCopy(bytes, to: file)
        return stream
    }
}
