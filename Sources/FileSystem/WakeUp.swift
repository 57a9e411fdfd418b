// A descriptor by which another thread, or a signal handler, ends a wait in `poll`.

import Glibc

/// A pipe to oneself: raised from anywhere, lowered by the thread that waits.
public final class WakeUp: Sendable {
    /// Written to by `raise`: a signal handler, which may call next to nothing, keeps this number.
    public let sender: Int32
    private let receiver: Int32

    public init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try systemCall(.open, "a pipe") { pipe(&ends) }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            // A pipe that is full of signs is raised already.
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        receiver = ends[0]
        sender = ends[1]
    }

    deinit {
        close(sender)
        close(receiver)
    }

    public func raise() { WakeUp.raise(sender) }

    /// The same by descriptor: safe in a signal handler.
    public static func raise(_ sender: Int32) {
        var sign: UInt8 = 1
        _ = write(sender, &sign, 1)
    }

    /// Waits until it is raised, the other descriptor is readable or the time is up; a signal ends the wait too. What was
    /// raised is lowered.
    /// - Parameters:
    ///   - milliseconds: the most to wait.
    ///   - other: a negative one is passed over.
    public func wait(milliseconds: Int32, or other: Int32) {
        var descriptors = [
            pollfd(fd: receiver, events: Int16(POLLIN), revents: 0), pollfd(fd: other, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&descriptors, 2, milliseconds) > 0, descriptors[0].revents != 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            while read(receiver, buffer.baseAddress, buffer.count) == buffer.count {}
        }
    }
}
