// SHA-256 beside the other work: a queue of its own digests buffers in the order in which they are handed in.

internal import Dispatch
internal import FileSystem

/// One item's digest. Hand in buffers, keep each unchanged until its `done` is signalled, take the result once.
///
/// `@unchecked Sendable` because the digest is touched on the serial queue only.
final class DigestLane: @unchecked Sendable {
    private let digest = Digest()
    private let queue: DispatchQueue

    init(queue: DispatchQueue = DispatchQueue(label: "archive.digest")) { self.queue = queue }

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
/// `@unchecked Sendable` because whoever lends them keeps them unchanged until told that they were used.
struct Borrowed: @unchecked Sendable {
    let buffer: UnsafeRawBufferPointer
    /// Whose memory it is, kept alive with the loan; nil when the lender waits for the end of the loan in any case.
    let owner: AnyObject?
}
