// The moments that the commits of another program leave, on a clock of the test's own.

@testable import Database
import Testing

@Suite("The rhythm of other programs' commits")
struct RhythmTests {
    private let start = ContinuousClock.now
    private let pause = Duration.milliseconds(8)

    /// What is seen of a program that commits each `pause`, first when that time has passed.
    private func commits(_ time: Duration, every pause: Duration, waitForDisk: Bool = false) -> Rhythm.Commits {
        Rhythm.Commits(count: UInt32.max &+ UInt32(time / pause), waitForDisk: waitForDisk)
    }

    /// Looks from one time to another, and gives the times of the moments that were found, with what each one allows.
    private func moments(
        from begin: Duration, to end: Duration, looking interval: Duration = .microseconds(160), at pause: Duration, waitForDisk: Bool = false,
        remembering memory: inout Rhythm.Memory
    ) -> [(time: Duration, allowed: Duration)] {
        var rhythm = Rhythm(
            from: commits(begin, every: pause, waitForDisk: waitForDisk), at: start + begin, unwritten: .zero, remembering: memory)
        var found: [(Duration, Duration)] = []
        var time = begin + interval
        while time < end {
            if let allowed = rhythm.look(commits(time, every: pause, waitForDisk: waitForDisk), at: start + time) { found.append((time, allowed)) }
            time += interval
        }
        memory = rhythm.memory(at: start + end)
        return found
    }

    @Test("pauses that are too short to be quiet are moments, once the rhythm is known: right after a commit, for a third of the shortest pause")
    func steady() {
        var memory = Rhythm.Memory()
        let found = moments(from: .zero, to: .seconds(1), at: pause, remembering: &memory)
        #expect(found.count > 100)
        #expect(found.allSatisfy { $0.time / pause - ($0.time / pause).rounded(.down) < 0.03 })
        #expect(found.allSatisfy { (2.6...2.7).contains($0.allowed / .milliseconds(1)) })
        #expect(found[0].time > pause * 5, "five pauses tell it, and the first is not seen from end to end")
    }

    @Test("removals that last less than it takes to know the rhythm remember it from one to the next")
    func short() {
        var memory = Rhythm.Memory()
        let counts = (0..<10).map { attempt in
            moments(from: .milliseconds(25) * attempt, to: .milliseconds(25) * (attempt + 1), at: pause, remembering: &memory).count
        }
        #expect(counts[0] == 0 && counts[1] == 0)
        #expect(counts[5...].allSatisfy { $0 > 0 }, "\(counts)")
    }

    @Test("what is remembered for longer than a minute is forgotten")
    func forgotten() {
        var memory = Rhythm.Memory()
        #expect(!moments(from: .zero, to: .seconds(1), at: pause, remembering: &memory).isEmpty)
        #expect(moments(from: .seconds(62), to: .seconds(62) + .milliseconds(25), at: pause, remembering: &memory).isEmpty)
    }

    @Test("a busy machine that lets us look late tells no rhythm, and commits without a pause leave no moment")
    func unknown() {
        var (late, close) = (Rhythm.Memory(), Rhythm.Memory())
        #expect(moments(from: .zero, to: .seconds(2), looking: .microseconds(900), at: pause, remembering: &late).isEmpty)
        #expect(moments(from: .zero, to: .seconds(2), at: .microseconds(500), remembering: &close).isEmpty)
    }

    @Test("where the next commit waits for the disk only a second without a commit is a moment")
    func waitsForDisk() {
        var memory = Rhythm.Memory()
        #expect(moments(from: .zero, to: .seconds(2), at: pause, waitForDisk: true, remembering: &memory).isEmpty)
        let found = moments(from: .zero, to: .seconds(3), at: .seconds(9), waitForDisk: true, remembering: &memory)
        #expect(found.first.map { $0.time >= .seconds(1) && $0.time < .seconds(1) + .milliseconds(1) } == true)
    }

    @Test("thirty milliseconds without a commit are a moment, and a commit of our own is none of another program")
    func quiet() {
        let none = Rhythm.Commits(count: 7, waitForDisk: false)
        var rhythm = Rhythm(from: none, at: start, unwritten: .zero, remembering: .init())
        #expect(rhythm.look(none, at: start + .milliseconds(29)) == nil)
        #expect(rhythm.look(none, at: start + .milliseconds(30)) != nil)
        rhythm.tookOwnCommit()
        #expect(rhythm.look(Rhythm.Commits(count: 8, waitForDisk: false), at: start + .milliseconds(31)) != nil)
    }
}
