// The service as a machine: told what happened and what time it is, it answers with what is to be done. It does nothing itself.
//
//   log lane:        idle -> drain -> idle -> prune -> idle …     one thing at a time, none while a backup has the log
//   operation lane:  idle -> backup -> idle
//   the whole:       running -> stopping (both lanes come to their end; what came in is drained) -> ended

import Vocabulary

/// The decisions of `msc watch`.
struct WatchMachine: Sendable {
    private let pace: WatchPace
    private let zone: Zone

    // MARK: The log

    /// What the log lane is doing.
    private enum Lane: Sendable, Equatable { case idle, draining, pruning }
    private var lane = Lane.idle
    private var log = WatchedLog()
    /// When the next drain is due; nil when there is nothing to drain.
    private var drainAt: Int64?
    private var isThorough = true
    /// The data file was replaced while a drain ran.
    private var isReplaced = false
    /// The first sign of writing that no drain has answered yet.
    private var firstWrite: Int64?
    private var lastWrite: Int64 = 0
    private var followUps: ArraySlice<Int64> = []
    private var drainStart: Int64 = 0
    /// No drain before this, except for the last one.
    private var restUntil: Int64 = 0
    private var isWriteAheadLog = true
    private var removable: Int64 = 0
    private var nextPruning: Int64 = 0

    // MARK: Backups

    private var settings: BackupSettings?
    private var automation: AutomationState?
    private var isBackingUp = false
    private var lastBackup = ""
    private var scheduleAt: Int64 = 0
    private var toldSuspension: Int64?
    private var settingsTrouble: String?
    private var automationTrouble: String?
    /// The table of a gap in the log.
    private var gap: String?
    /// No backup because of a gap before this.
    private var gapBackupAt: Int64 = 0

    // MARK: The rest

    private enum Course: Sendable, Equatable { case starting, running, stopping(since: Int64), ended }
    private var course = Course.starting
    private var lookAt: Int64 = 0
    private var thoroughAt: Int64 = 0
    private var healthAt: Int64 = 0
    private var toldStatus = ""
    private var isReloading = false

    init(pace: WatchPace = WatchPace(), zone: Zone) {
        self.pace = pace
        self.zone = zone
    }

    var isEnded: Bool { course == .ended }
    var hasSettings: Bool { settings != nil }
    /// Signs of writing need not be waited for: a drain that will take them in is due at once or has its time.
    var expectsDrain: Bool { lane != .idle || firstWrite != nil || (drainAt ?? .max) <= restUntil }

    /// The first thing: settings and log are looked at.
    mutating func begin(at now: WatchTime) -> [WatchEffect] {
        lookAt = now.steady + pace.look
        thoroughAt = now.steady + pace.thoroughLook
        drainAt = now.steady
        // Whether somebody was writing a moment ago is not known.
        lastWrite = now.steady
        return [.readSettings(isAskedFor: false)] + next(now)
    }

    // MARK: Events

    mutating func handle(_ event: WatchEvent, at now: WatchTime) -> [WatchEffect] {
        var effects: [WatchEffect] = []
        switch event {
        case .written: written(now.steady)
        case .looked(let isChanged): if isChanged { written(now.steady) }
        case .replaced:
            // What was known of the one before does not hold, how long to leave it alone least of all.
            restUntil = now.steady
            isThorough = true
            isReplaced = lane == .draining
            written(now.steady)
        case .drained(let end): effects = drained(end, now)
        case .pruned(let gaveWay, let end):
            lane = .idle
            if case .done(let report) = end { removable = report.removable }
            nextPruning = now.steady + pace.pauseAfterPruning(gaveWay: gaveWay, isWriteAheadLog: isWriteAheadLog)
        case .settings(let result, let isAskedFor): effects = took(result, isAskedFor, now)
        case .automation(let result): effects = took(result, now)
        case .backupEnded(let result): effects = backupEnded(result, now)
        case .reload:
            isReloading = true
            effects = [.reloading, .readSettings(isAskedFor: true)]
        case .stop: effects = stop(now)
        case .time: break
        }
        return effects + next(now)
    }

    private mutating func written(_ now: Int64) {
        lastWrite = now
        followUps = pace.followUps[...]
        if firstWrite == nil { firstWrite = now }
        scheduleDrain(now)
    }

    /// Sets the time of the next drain after a sign of writing.
    private mutating func scheduleDrain(_ now: Int64) {
        guard let first = firstWrite else { return }
        let wanted =
            isWriteAheadLog
            ? now + pace.afterWrite : min(lastWrite + pace.gap, first + pace.longestBetweenReads)
        // In WAL mode the time stands once it is set; in the others each write puts it off, up to a limit.
        drainAt = max(isWriteAheadLog ? min(drainAt ?? .max, wanted) : wanted, restUntil)
    }

    private mutating func drained(_ end: DrainEnd, _ now: WatchTime) -> [WatchEffect] {
        lane = .idle
        let time = now.steady - drainStart
        switch end {
        case .done(let report):
            isWriteAheadLog = report.isWriteAheadLog
            gap = report.gap
            removable = report.removable
            let atLeast = isWriteAheadLog ? pace.betweenDrains : pace.betweenReads
            // A look that found nothing costs next to nothing, and delays nothing.
            restUntil = report.drained > 0 || !isWriteAheadLog ? max(now.steady + time * pace.rest, drainStart + atLeast) : now.steady
        case .busy, .failed: restUntil = now.steady + log.pauseAfter(end, pace)
        }
        var effects = log.take(end, now.steady, pace)
        if gap != nil { scheduleAt = min(scheduleAt, max(now.steady, gapBackupAt)) }
        if case .done = end {
            if firstWrite != nil { scheduleDrain(now.steady) }
        } else {
            // What is not written yet is due again after the pause, and thoroughly: the log may come back as another file.
            isThorough = true
            drainAt = restUntil
        }
        if isReplaced {
            // It was about the file before: the one that stands there now has not been looked at.
            isReplaced = false
            isThorough = true
            (restUntil, drainAt) = (now.steady, now.steady)
        }
        if case .starting = course {
            course = .running
            scheduleAt = now.steady
            effects.append(.ready)
        }
        return effects
    }

    /// A commit shows itself only when its bytes are durable: looks again some time after the last sign.
    private mutating func followUp(_ now: Int64) {
        guard drainAt == nil, lane == .idle, let pause = followUps.first else { return }
        if !isWriteAheadLog {
            // There the last sign of a commit comes when it is done: one look more is enough.
            followUps = []
            drainAt = max(lastWrite + pace.betweenReads, restUntil)
            return
        }
        followUps = followUps.dropFirst()
        drainAt = max(lastWrite + pause, restUntil)
    }

    // MARK: Backups

    private mutating func took(_ result: Result<BackupSettings, Failure>, _ isAskedFor: Bool, _ now: WatchTime) -> [WatchEffect] {
        var effects: [WatchEffect] = []
        switch result {
        case .success(let new):
            if settingsTrouble != nil || isAskedFor || (settings != nil && settings != new) {
                effects.append(.say(.info, "the settings were read: automatic backup \(new.schedule.words)"))
            }
            settings = new
            settingsTrouble = nil
        case .failure(let failure):
            if settingsTrouble != failure.description || isAskedFor {
                let course = settings == nil ? "No automatic backup is made until they are mended." : "The last good ones stay in force."
                effects.append(.say(.error, "\(failure.description) \(course)"))
            }
            settingsTrouble = failure.description
        }
        if isReloading {
            isReloading = false
            effects.append(.ready)
        }
        if let settings { effects.append(.readAutomation(settings)) }
        return effects
    }

    private mutating func took(_ result: Result<AutomationState, Failure>, _ now: WatchTime) -> [WatchEffect] {
        switch result {
        case .success(let state):
            automation = state
            automationTrouble = nil
            scheduleAt = now.steady
            if state.suspendedSince == nil { toldSuspension = nil }
            return []
        case .failure(let failure):
            if automationTrouble == failure.description { return [] }
            automationTrouble = failure.description
            return [.say(.error, failure.description)]
        }
    }

    private mutating func backupEnded(_ result: Result<AutomaticBackup.Outcome, Failure>, _ now: WatchTime) -> [WatchEffect] {
        isBackingUp = false
        // Decided again when it is known what became of it.
        automation = nil
        scheduleAt = now.steady + pace.schedule
        // The log was cut, and what came in meanwhile waits.
        drainAt = max(now.steady, restUntil)
        isThorough = true
        var effects: [WatchEffect] = []
        switch result {
        case .success(.done(let outcome)):
            lastBackup = "last backup \(outcome.number) \(outcome.status.rawValue)"
            // A program that makes gaps all the time does not have backups made all the time.
            gapBackupAt = now.steady + pace.betweenGapBackups
            effects.append(.say(outcome.warnings.isEmpty && outcome.missing.isEmpty ? .info : .warning, WatchWords.of(outcome)))
        case .success(.postponed):
            effects.append(.say(.info, "the backup is postponed to the next date: the data did not change since the last good one"))
        case .failure(let failure):
            lastBackup = "last backup failed"
            // One attempt too many is told with the suspension that it brings about.
            if failure.code != .attemptsExhausted {
                effects.append(.say(failure.code == .stopped ? .warning : .error, "the backup failed: \(failure.description)"))
            }
            if failure.code == .stopped, case .running = course, let settings {
                effects.append(.passOver(because: "the backup was stopped by a person", settings))
            }
        }
        if let settings { effects.append(.readAutomation(settings)) }
        return effects + [.health]
    }

    /// What automatic backup wants now.
    private mutating func schedule(_ now: WatchTime) -> [WatchEffect] {
        scheduleAt = now.steady + pace.schedule
        guard let settings, !isBackingUp, case .running = course else { return [] }
        if let gap, now.steady >= gapBackupAt, automation?.suspendedSince == nil {
            // Until it is made, nothing from before the gap leads to what comes after it. Should it fail, it is tried again as others are.
            isBackingUp = true
            gapBackupAt = now.steady + Int64(settings.retryDelay) * 1000
            self.gap = nil
            return [.say(.warning, "a backup begins: changes of \(gap) are missing in the log, which only a backup makes whole again"), .backup(settings)]
        }
        // A clock that is set back while the service runs must be noticed once: what it settled ahead of time stays settled only until now.
        guard let automation = self.automation?.following(settings.schedule, now: now.wall) else { return [.readAutomation(settings)] }
        self.automation = automation
        switch Automation.decide(now: now.wall, state: automation, settings: settings, zone: zone) {
        case .off: return []
        case .wait(let until):
            scheduleAt = now.steady + min(max(until - now.wall, 0), pace.schedule)
            return []
        case .run(let run):
            isBackingUp = true
            return [.say(.info, "a backup begins: \(WatchWords.of(run))"), .backup(settings)]
        case .passOver(let due):
            scheduleAt = now.steady
            self.automation?.passed(now: now.wall)
            let reason = "the date \(Timestamp.local(due)) went by while nobody watched"
            return [.say(.warning, "\(reason): the backup is left to the next date"), .passOver(because: reason, settings)]
        case .suspended(let since):
            if toldSuspension == since { return [] }
            toldSuspension = since
            return [.say(.error, automation.suspension?.description ?? "")]
        }
    }

    // MARK: What is due

    private mutating func stop(_ now: WatchTime) -> [WatchEffect] {
        switch course {
        case .stopping, .ended: return []
        case .starting, .running: break
        }
        course = .stopping(since: now.steady)
        return [.stopping] + (isBackingUp ? [.stopBackup] : [])
    }

    /// What is due now.
    private mutating func next(_ now: WatchTime) -> [WatchEffect] {
        if course == .ended { return [] }
        if case .stopping(let since) = course { return stopping(since, now) }
        var effects: [WatchEffect] = []
        if now.steady >= lookAt {
            lookAt = now.steady + pace.look
            effects += [.look, .readSettings(isAskedFor: false)]
        }
        if now.steady >= healthAt {
            healthAt = now.steady + pace.health
            effects.append(.health)
        }
        if now.steady >= thoroughAt {
            thoroughAt = now.steady + pace.thoroughLook
            isThorough = true
            drainAt = max(now.steady, restUntil)
        }
        if now.steady >= scheduleAt { effects += schedule(now) }
        if lane == .idle, !isBackingUp { effects += logLane(now.steady) }
        let status = self.status
        if status != toldStatus {
            toldStatus = status
            effects.append(.status(status))
        }
        return effects
    }

    private mutating func logLane(_ now: Int64) -> [WatchEffect] {
        followUp(now)
        if let pruneAt, now >= pruneAt {
            lane = .pruning
            return [.prune(for: pace.pruning)]
        }
        if let drainAt, now >= drainAt { return [beginDrain(now)] }
        return []
    }

    /// When captured rows are to be removed. What was written comes first, unless they have become so many that they need no pause.
    private var pruneAt: Int64? {
        guard let quiet = pace.quietBeforePruning(removable, isWriteAheadLog: isWriteAheadLog) else { return nil }
        if quiet == 0 { return nextPruning }
        return drainAt == nil ? max(lastWrite + quiet, nextPruning) : nil
    }

    private mutating func beginDrain(_ now: Int64) -> WatchEffect {
        lane = .draining
        drainStart = now
        drainAt = nil
        firstWrite = nil
        defer { isThorough = false }
        return .drain(isThorough: isThorough)
    }

    /// The way out: lanes come to their end, then what came in is drained once more.
    private mutating func stopping(_ since: Int64, _ now: WatchTime) -> [WatchEffect] {
        if lane != .idle || isBackingUp {
            return lane == .draining && now.steady >= since + pace.lastDrain ? [.stopDrain] : []
        }
        if firstWrite != nil, log.isWritable, now.steady < since + pace.lastDrain { return [beginDrain(now.steady)] }
        course = .ended
        return [.end]
    }

    /// When to come again at the latest.
    func wakeUp(after now: WatchTime) -> Int64 {
        if case .stopping(let since) = course { return max(since + pace.lastDrain, now.steady + 100) }
        var times = [lookAt, healthAt, thoroughAt]
        if !isBackingUp { times.append(max(scheduleAt, now.steady)) }
        if lane == .idle, !isBackingUp {
            if let drainAt { times.append(drainAt) }
            if let pruneAt { times.append(pruneAt) }
        }
        return times.min() ?? now.steady
    }

    /// One line on how things stand.
    private var status: String {
        var parts = [log.status]
        if isBackingUp { parts.append("a backup is running") } else if !lastBackup.isEmpty { parts.append(lastBackup) }
        if settingsTrouble != nil { parts.append("the settings cannot be read") }
        if let automation, automation.suspendedSince != nil { parts.append("automatic backup is suspended") }
        return parts.joined(separator: "; ")
    }
}
