// The world around the engine in tests that are about real time: the computer's clock, and identifiers that are good enough.

public import Engine
import Glibc
import Vocabulary

extension Surroundings {
    /// The real clock, since SQLite stamps operations with it.
    public static let test = Surroundings(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        },
        makeIdentifier: {
            let digits = (0..<32).map { _ in String(UInt8.random(in: 0..<16), radix: 16) }
            return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { digits[$0].joined() }.joined(separator: "-")
        },
        context: Context(process: "tests", processID: getpid(), user: "tester", host: "bench"), version: "1.0.0")
}
