// The beginning of every log: file header and its copy.

import Deflate
import FileSystem

enum NewLog {
    /// Writes the beginning into an empty file and returns the stream that goes on from there.
    static func begin(
        _ header: LogHeader, in file: borrowing File, effort: Effort, commitsEachBlock: Bool, key: IntegrityKey?
    ) throws(SystemError) -> BlockStream {
        let bytes = header.bytes()
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
