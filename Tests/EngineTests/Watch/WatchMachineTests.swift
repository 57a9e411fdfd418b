// The decisions of the service, on clocks of the test's own.

import Testing
import Vocabulary

@testable import Engine

private let minute: Int64 = 60_000
private let hour: Int64 = 3_600_000
private let day: Int64 = 86_400_000
/// 2026-03-02, a Monday, 00:00 UTC.
private let monday: Int64 = 1_772_409_600_000

/// Looks seldom, so that weeks have few turns.
private var slowly: WatchPace {
    var pace = WatchPace()
    pace.look = 30 * minute
    pace.thoroughLook = 4 * hour
    pace.health = 4 * hour
    return pace
}

@Suite("The service's machine: the log")
struct WatchMachineLogTests {
    @Test("a commit is drained within milliseconds, and looked for again since it shows itself late")
    func commit() {
        var service = WatchSimulation()
        service.begin()
        service.run(for: 2000)
        let before = service.drained.count
        let written = service.now.steady
        service.tell(.written)
        service.run(for: 3000)
        let after = service.drained.dropFirst(before).map { $0 - written }
        #expect(after.first == WatchPace().afterWrite)
        #expect(after.count == 1 + WatchPace().followUps.count && after.last ?? 0 >= 1000)
        #expect(service.collisions == 0)
    }

    @Test("when nothing is written, hardly anything happens: a turn every five seconds, a thorough look every minute")
    func idle() {
        var service = WatchSimulation()
        service.begin()
        service.run(for: 10 * minute)
        #expect(service.thorough.count <= 11 && service.drained.count <= 15)
        #expect(service.turns < 10 * 60)
    }

    @Test("in a burst drains rest three times as long as they take")
    func burst() {
        var service = WatchSimulation()
        service.drains = [.done(DrainReport(drained: 10))]
        service.drainTime = 20
        service.begin()
        service.run(for: 1000)
        let before = service.drained.count
        for _ in 0..<2000 {
            service.tell(.written)
            service.run(for: 5)
        }
        let drains = Array(service.drained.dropFirst(before))
        #expect((100...130).contains(drains.count), "\(drains.count)")
        #expect(zip(drains, drains.dropFirst()).allSatisfy { $1 - $0 >= 80 })
        #expect(service.collisions == 0)
    }

    @Test("outside of WAL mode a drain waits for a gap, and comes seldom without one")
    func rollbackJournal() {
        var service = WatchSimulation()
        service.drains = [.done(DrainReport(drained: 1, isWriteAheadLog: false))]
        service.begin()
        service.run(for: 30_000)
        let start = service.now.steady
        service.tell(.written)
        service.run(for: 1000)
        #expect(service.drained.last == start + WatchPace().gap)
        service.run(for: 30_000)
        let before = service.drained.count
        for _ in 0..<1800 {
            service.tell(.written)
            service.run(for: 100)
        }
        #expect((2...6).contains(service.drained.count - before), "\(service.drained.count - before) in three minutes")
    }

    @Test("I8: a gap in the log has a backup made at once, though not more often than once an hour")
    func gapAgainAndAgain() {
        var service = WatchSimulation()
        service.begin()
        service.run(for: 5000)
        #expect(service.backups.isEmpty)
        service.drains = [.done(DrainReport(drained: 1, gap: "table 't'"))]
        service.tell(.written)
        service.run(for: 5000)
        #expect(service.backups.count == 1)
        service.run(for: 30 * minute)
        #expect(service.backups.count == 1)
        #expect(service.said.contains { $0.contains("a backup begins: changes of table 't' are missing in the log") })
        service.run(for: 31 * minute)
        #expect(service.backups.count == 2)
        #expect(service.collisions == 0)
    }

    @Test("captured rows are removed when it is quiet, and not in a burst")
    func pruning() {
        var service = WatchSimulation()
        service.drains = [.done(DrainReport(drained: 1, removable: 1000))]
        service.begin()
        for _ in 0..<200 {
            service.tell(.written)
            service.run(for: 100)
        }
        #expect(service.pruned == [])
        let last = service.now.steady
        service.run(for: 20_000)
        #expect(service.pruned.first.map { $0 - last } ?? 0 >= 1800)
        #expect(service.collisions == 0)
    }

    @Test("when very many captured rows wait, they are removed beside the writing, and drains go on")
    func pruningBesideWriting() {
        var service = WatchSimulation()
        service.drains = [.done(DrainReport(drained: 1, removable: 50_000))]
        service.begin()
        for _ in 0..<1000 {
            service.tell(.written)
            service.run(for: 10)
        }
        #expect((5...60).contains(service.pruned.count), "\(service.pruned.count) in ten seconds")
        #expect(service.drained.count > 100)
        #expect(service.collisions == 0)
    }

    @Test("1274 is told once, tried again ever less often whatever is written, and its end is told")
    func unavailable() {
        var service = WatchSimulation()
        service.begin()
        service.run(for: 1000)
        service.drains = [.failed(.logSample)]
        let before = service.drained.count
        for _ in 0..<600 {
            service.tell(.written)
            service.run(for: 100)
        }
        #expect(service.drained.count - before < 15)
        #expect(service.said.filter { $0.contains("error 1274") }.count == 1)
        service.drains = [.done(DrainReport(drained: 600, lastOperation: 600))]
        service.run(for: 20_000)
        #expect(service.said.last?.hasPrefix("the log is written again after ") == true, "\(service.said)")
    }

    @Test("a database that is held is tried again soon, and told after ten seconds")
    func busy() {
        var service = WatchSimulation()
        service.drains = [.busy(Failure(.databaseLocked, "the database is locked", hint: "Wait."))]
        service.begin()
        service.tell(.written)
        service.run(for: 8000)
        #expect(service.said.allSatisfy { !$0.contains("1420") })
        #expect((10...60).contains(service.drained.count))
        service.run(for: 10_000)
        #expect(service.said.filter { $0.contains("1420") }.count == 1)
    }

    @Test("that the log is written is told with the first drain, also when the database was held before it")
    func firstDrain() {
        for isHeld in [false, true] {
            var service = WatchSimulation()
            if isHeld { service.drains = [.busy(Failure(.databaseLocked, "the database is locked", hint: "Wait."))] }
            service.begin()
            service.run(for: 2000)
            service.drains = [.done(DrainReport(lastOperation: 7))]
            service.tell(.written)
            service.run(for: 5000)
            service.tell(.written)
            service.run(for: 5000)
            #expect(service.said.filter { $0.hasPrefix("the log is written: operation") }.count == 1)
        }
    }

    @Test("without a log the service is ready all the same, and looks for one now and then")
    func absent() {
        var service = WatchSimulation()
        service.drains = [.failed(Failure(.noLog, "no log", hint: "Start one."))]
        service.begin()
        for _ in 0..<600 {
            service.tell(.written)
            service.run(for: 100)
        }
        #expect(service.told.contains(.ready))
        #expect(service.drained.count <= 8 && service.said.count == 1)
    }

    @Test("another file at the data file's place is looked at at once, however long the one before was to be left alone")
    func replaced() {
        var service = WatchSimulation()
        service.drains = [.failed(Failure(.noLog, "no log", hint: "Start one."))]
        service.begin()
        service.run(for: 4000)
        #expect(service.drained.count == 1)
        service.tell(.replaced)
        service.run(for: 100)
        #expect(service.thorough.count == 2)
        // Also when it comes while the one before is being drained.
        service.tell(.replaced)
        service.run(for: 5)
        service.tell(.replaced)
        service.run(for: 100)
        #expect(service.thorough.count == 4)
    }

    @Test("told to end, it lets a drain come to its end, drains what came in, and ends")
    func stop() {
        var service = WatchSimulation()
        service.begin()
        service.run(for: 3000)
        service.tell(.written)
        service.run(for: 5)
        service.tell(.written)
        service.tell(.stop)
        let before = service.drained.count
        service.run(for: 1000)
        #expect(service.machine.isEnded && service.drained.count == before + 1)
        #expect(service.told.contains(.stopping) && service.told.last == .end)
    }
}

@Suite("The service's machine: automatic backups over weeks")
struct WatchMachineScheduleTests {
    private func daily(at time: Int) -> BackupSettings {
        var settings = BackupSettings()
        settings.scheduler.frequency = .daily
        settings.scheduler.daysTime = time
        return settings
    }

    @Test("every day at 21:00 for six weeks: 42 backups, each within a minute of its time")
    func daily() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 21 * 3600)
        service.begin()
        service.run(for: 42 * day)
        #expect(service.backups.count == 42)
        #expect(service.backups.allSatisfy { (0...minute).contains(($0 - monday) % day - 21 * hour) })
        #expect(service.collisions == 0)
    }

    @Test("a failure is tried again after the set time, five of them suspend with 1401, and a resume goes on")
    func failures() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 2 * 3600)
        service.settings.abortsAfterAttempts = true
        service.settings.attempts = 5
        service.settings.retryDelay = 600
        var attempts = 0
        service.backup = { _ in
            attempts += 1
            return .failure(attempts < 5 ? .diskSample : Failure(.attemptsExhausted, "suspended", cause: "the destination is not there", hint: "Resume it."))
        }
        service.begin()
        service.run(for: 3 * day)
        #expect(service.backups.count == 5)
        #expect(service.said.contains { $0.contains("1 attempt has failed") } && service.said.contains { $0.contains("2 attempts have failed") })
        let pauses = zip(service.backups, service.backups.dropFirst()).map { $1 - $0 }
        #expect(pauses.allSatisfy { (600_000...700_000).contains($0) }, "\(pauses)")
        #expect(service.said.filter { $0.contains("error 1401") }.count == 1)
        service.backup = { _ in .success(.done(.sample)) }
        service.state?.resumed(now: service.now.wall)
        if let state = service.state { service.tell(.automation(.success(state))) }
        service.run(for: 2 * day)
        #expect(service.backups.count == 7)
    }

    @Test("a backup that a person stopped is left to the next date, not begun anew")
    func stopped() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 2 * 3600)
        service.backup = { $0 < monday + day ? .failure(.stoppedSample) : .success(.done(.sample)) }
        service.begin()
        service.run(for: 3 * day)
        #expect(service.backups.count == 3)
    }

    @Test("a machine that slept over its date makes the backup when it wakes, once")
    func slept() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 2 * 3600)
        service.begin()
        service.run(for: hour)
        service.setClock(by: 10 * hour)
        service.run(for: hour)
        #expect(service.backups.count == 1)
        service.run(for: day)
        #expect(service.backups.count == 2)
    }

    @Test("clocks set back and forth by an hour lose no backup and double none")
    func clocks() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 12 * 3600)
        service.begin()
        for round in 0..<20 {
            service.run(for: day)
            service.setClock(by: round % 2 == 0 ? -hour : hour)
        }
        #expect((19...21).contains(service.backups.count))
        let days = Set(service.backups.map { ($0 - monday) / day })
        #expect(days.count == service.backups.count)
    }

    @Test("a gap in the log is closed by a backup at once, schedule or not; one that fails is tried again after the delay, not with each drain")
    func gap() {
        var report = DrainReport()
        report.gap = "table 'item'"
        var service = WatchSimulation(at: monday, pace: slowly)
        service.drains = [.done(report)]
        service.backup = { _ in .failure(Failure(.archiveSaveFailed, "no room", hint: "Make room.")) }
        service.begin()
        service.run(for: 4 * minute)
        #expect(service.backups.count == 1)
        #expect(service.said.contains { $0.contains("table 'item' are missing in the log") })
        service.run(for: 56 * minute)
        #expect((4...12).contains(service.backups.count), "\(service.backups)")
        service.drains = [.done(DrainReport())]
        let tried = service.backups.count
        service.run(for: hour)
        #expect(service.backups.count <= tried + 1)
    }

    @Test("a clock that was years ahead and is set right while the service runs: the schedule goes on")
    func clockWasAhead() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 12 * 3600)
        service.setClock(by: 3650 * day)
        service.begin()
        service.run(for: day)
        #expect(service.backups.count == 1)
        service.setClock(by: -3650 * day)
        service.run(for: 3 * day)
        #expect(service.backups.count == 4)
    }

    @Test("settings broken meanwhile are told, and the last good schedule goes on")
    func brokenSettings() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 12 * 3600)
        service.begin()
        service.run(for: hour)
        service.tell(.settings(.failure(Failure(.badSetting, "a bad value", hint: "Mend it.")), isAskedFor: true))
        #expect(service.said.last?.contains("error 1512") == true && service.said.last?.contains("last good ones") == true)
        service.run(for: 20 * minute)
        #expect(service.backups.count == 0)
        service.run(for: 12 * hour)
        #expect(service.backups.count == 1)
    }

    @Test("while a backup has the log nothing is drained, and what came in is drained at its end")
    func backupHasTheLog() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 3600)
        service.backupTime = 10 * minute
        service.begin()
        service.run(for: hour + minute)
        #expect(service.backups.count == 1)
        let before = service.drained.count
        for _ in 0..<100 {
            service.tell(.written)
            service.run(for: 1000)
        }
        #expect(service.drained.count == before)
        service.run(for: 10 * minute)
        #expect(service.drained.count > before && service.collisions == 0)
    }

    @Test("told to end during a backup, it stops it and waits for its clean-up; the next start makes it up")
    func endDuringBackup() {
        var service = WatchSimulation(at: monday, pace: slowly)
        service.settings = daily(at: 3600)
        service.backupTime = hour
        service.backup = { _ in .failure(.stoppedSample) }
        service.begin()
        service.run(for: hour + minute)
        service.tell(.stop)
        #expect(service.told.contains(.stopBackup) && !service.machine.isEnded)
        service.run(for: 10_000)
        #expect(service.machine.isEnded)
        let left = service.state
        var next = WatchSimulation(at: service.now.wall + 5 * hour, pace: slowly)
        next.settings = service.settings
        next.state = left
        next.begin()
        next.run(for: minute)
        #expect(next.backups.count == 1)
    }

    @Test("whatever happens in whatever order, the machine never does two things at once and never spins")
    func anyOrder() {
        var generator = SplitMix(seed: 0x5EED)
        for _ in 0..<50 {
            var service = WatchSimulation(at: monday, pace: slowly)
            service.settings = daily(at: 3600)
            service.begin()
            for _ in 0..<60 {
                switch generator.next(9) {
                case 0: service.tell(.written)
                case 1: service.tell(.looked(isChanged: true))
                case 2: service.drains = [.done(DrainReport(drained: 5, removable: 30_000, isWriteAheadLog: generator.next(2) == 0))]
                case 3: service.drains = [.failed(.logSample)]
                case 4: service.drains = [.busy(.logSample)]
                case 5: service.tell(.reload)
                case 6: service.setClock(by: (Int64(generator.next(48)) - 24) * hour)
                case 7: service.backup = generator.next(2) == 0 ? { _ in .failure(.diskSample) } : { _ in .success(.postponed) }
                default: service.tell(.settings(.failure(.diskSample), isAskedFor: false))
                }
                service.run(for: Int64(generator.next(30_000)))
            }
            #expect(service.collisions == 0)
            // A turn of the loop for every 20 ms at most, on the average.
            #expect(Int64(service.turns) < service.now.steady / 20 + 100, "\(service.turns) turns in \(service.now.steady) ms")
            service.tell(.stop)
            service.run(for: 2 * hour)
            #expect(service.machine.isEnded)
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated.
private struct SplitMix {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }
}
