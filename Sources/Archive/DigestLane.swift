// SHA-256 beside the other work: a queue of its own digests buffers in the order in which they are handed in.

internal import Dispatch
internal import FileSystem

/// One item's digest. Hand in buffers, keep each unchanged until its `done` is signalled, take the result once.
///
/// `@unchecked Sendable` because the digest is touched on the serial queue only.
final class DigestLane: @unchecked Sendable {
    private let digest = Digest()
    private let queue = DispatchQueue(label: "archive.digest")

    func update(_ bytes: Borrowed, then done: DispatchSemaphore) {
        queue.async {
            self.digest.update(bytes.buffer)
            done.signal()
        }
    }

    /// Waits for what was handed in, then gives the digest in lower-case hexadecimal.
    func finish() -> String { queue.sync { Digest.hexadecimal(digest.finish()) } }
}

/// Bytes lent to another thread.
///
/// `@unchecked Sendable` because whoever lends them keeps them alive and unchanged until told that they were used.
struct Borrowed: @unchecked Sendable {
    let buffer: UnsafeRawBufferPointer
}
