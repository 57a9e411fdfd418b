// The time of a file as the program counts it.

public import Glibc

extension timespec {
    /// Milliseconds since 1970-01-01 UTC. Whoever owns a file gives it any time he likes: what lies 200,000 years away is cut to that, so that
    /// times can be added and subtracted.
    public var milliseconds: Int64 {
        let farthest: Int64 = 6_000_000_000_000
        return min(max(Int64(tv_sec), -farthest), farthest) * 1000 + Int64(tv_nsec) / 1_000_000
    }
}
