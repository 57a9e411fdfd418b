// The rhythm in which other programs commit, and the moment that it foresees: right after a commit, or when nobody writes.
//
// It knows no clock and no file: whoever looks says when, and what was there.

/// The rhythm of the commits of other programs.
public struct Rhythm {
    /// What the index of the write-ahead log says in one moment.
    struct Commits {
        /// All commits to this database; it overflows.
        var count: UInt32
        /// All is in the main file: the next commit begins the log anew, and waits for the disk with the right to write.
        var waitForDisk: Bool
    }

    /// What one removal saw, for the next one: a removal that has a moment only now and then need not begin by watching each time.
    public struct Memory: Sendable {
        fileprivate var gaps: [Duration] = []
        fileprivate var seen: ContinuousClock.Instant?
        fileprivate static let longest = Duration.seconds(60)

        public init() {}
    }

    /// Without a commit for so long nobody is writing just now.
    private static let quiet = Duration.milliseconds(30)
    /// So long where the next commit waits for the disk. A program that has just brought the log into the main file, which takes it some
    /// time, leaves it so.
    private static let quietForDisk = Duration.seconds(1)
    /// A look that comes so soon after the one before it knows the moment of a commit between them. A busy machine lets us look late, and
    /// what then seems a short gap is none.
    private static let exact = Duration.microseconds(300)
    /// So many commits tell the rhythm of a program, or a few that are far apart: those of 40 ms.
    private static let enough = 32
    private static let few = 4
    private static let long = Duration.milliseconds(40)
    /// Commits that are closer leave no room between them.
    private static let closest = Duration.microseconds(600)

    private var count: UInt32
    private var last: ContinuousClock.Instant
    /// Between the newest commits, those that were remembered first.
    private var gaps: [Duration] = []
    private var looked: ContinuousClock.Instant
    /// Whether the moment of the last commit is known.
    private var isExact = false
    /// Gaps that were seen from end to end.
    private var fresh = 0

    /// - Parameter unwritten: how long nobody has written, as far as the caller sees.
    init(from commits: Commits, at now: ContinuousClock.Instant, unwritten: Duration, remembering memory: Memory) {
        count = commits.count
        looked = now
        last = now - unwritten
        if let seen = memory.seen, now - seen < Memory.longest { gaps = memory.gaps }
    }

    func memory(at now: ContinuousClock.Instant) -> Memory {
        var memory = Memory()
        (memory.gaps, memory.seen) = (gaps, now)
        return memory
    }

    /// Looks for a commit since the last look.
    /// - Returns: how long nobody will write, as far as can be foreseen; nil when that cannot.
    mutating func look(_ commits: Commits, at now: ContinuousClock.Instant) -> Duration? {
        let delay = now - looked
        looked = now
        let new = commits.count &- count
        guard new > 0 else {
            return now - last >= (commits.waitForDisk ? Rhythm.quietForDisk : Rhythm.quiet) ? Rhythm.quiet : nil
        }
        let wasExact = isExact
        isExact = delay <= Rhythm.exact
        if isExact, wasExact || new > 1 {
            gaps = gaps.suffix(Rhythm.enough - 1) + [new > 1 ? delay : now - last]
            fresh += 1
        }
        count = commits.count
        last = now
        let isKnown = gaps.count == Rhythm.enough || gaps.count >= Rhythm.few && gaps.reduce(.zero, +) >= Rhythm.long
        guard isExact, fresh > 0, isKnown, !commits.waitForDisk, let shortest = gaps.min(), shortest >= Rhythm.closest else { return nil }
        return shortest / 3
    }

    /// The commit of the removal itself is none of another program.
    mutating func tookOwnCommit() { count &+= 1 }
}
