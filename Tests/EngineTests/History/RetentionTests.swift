import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite("Retention")
struct RetentionTests {
    let fixture: HistoryFixture

    init() throws { fixture = try HistoryFixture() }

    private func chosen(_ entries: [HistoryEntry], keep: Int, missing: Set<String> = []) -> [Int] {
        var history = BackupHistory(name: "SampleDB")
        for entry in entries { history.append(entry) }
        return Retention.setsToDelete(history, keep: keep) { !missing.contains($0) }.map(\.number)
    }

    @Test("of four sets the oldest goes when three are kept")
    func keepsNewest() {
        let four = (1...4).map { fixture.entry($0) }
        #expect(chosen(four, keep: 3) == [1])
        #expect(chosen(four, keep: 4) == [])
        #expect(chosen(four, keep: 100) == [])
        #expect(chosen(four.reversed(), keep: 2) == [1, 2])
    }

    @Test("the newest set stays whatever the setting says, and so does the newest complete one", arguments: [Int.min, -1, 0, 1])
    func keepsGood(keep: Int) {
        #expect(chosen([fixture.entry(1), fixture.entry(2)], keep: keep) == [1])
        #expect(chosen([fixture.entry(1)], keep: keep) == [])
        #expect(chosen([fixture.entry(1), fixture.entry(2), fixture.entry(3, .partial), fixture.entry(4, .partial)], keep: keep) == [1, 3])
    }

    @Test("the newest complete set stays when the archive of a newer one is gone")
    func missingNewest() {
        let sets = [fixture.entry(1), fixture.entry(2), fixture.entry(3, .partial), fixture.entry(4)]
        #expect(chosen(sets, keep: 1, missing: [fixture.archive(4)]) == [1])
    }

    @Test("moved sets neither count nor are touched, and failures are no sets")
    func moved() {
        var failed = fixture.entry(5, .failed)
        failed.archive = nil
        let entries = (1...4).map { fixture.entry($0) } + [failed]
        #expect(chosen(entries, keep: 3, missing: [fixture.archive(2)]) == [])
        #expect(chosen(entries, keep: 1, missing: [fixture.archive(2)]) == [1, 3])
    }

    private func entry(_ number: Int, _ condition: HistoryEntry.Condition) -> HistoryEntry {
        var entry = fixture.entry(number)
        entry.condition = condition
        return entry
    }

    @Test("I4: bad sets do not drive out the newest good one; with emptied data the set after it stays, with damaged data all that follow it")
    func conditions() {
        let good = [fixture.entry(1), fixture.entry(2)]
        for condition in [HistoryEntry.Condition.emptied, .foreign] {
            #expect(chosen(good + (3...7).map { entry($0, condition) }, keep: 2) == [1, 4, 5], "\(condition)")
        }
        #expect(chosen(good + (3...7).map { entry($0, .damaged) }, keep: 2) == [1])
        #expect(chosen(good + [entry(3, .emptied), fixture.entry(4), fixture.entry(5)], keep: 2) == [1, 2, 3])
        #expect(chosen([entry(1, .damaged), entry(2, .damaged), entry(3, .damaged)], keep: 2) == [1])
    }

    private func entry(_ number: Int, _ result: ProofOutcome.Result?, holdsData: Bool = true) -> HistoryEntry {
        var entry = fixture.entry(number, log: holdsData)
        entry.proof = result.map { ProofRecord(result: $0, date: entry.start, seconds: 1, operation: nil, reason: nil) }
        if !holdsData { entry.items = [.init(role: "settings", path: "/s", size: 1)] }
        return entry
    }

    @Test("while trial restores fail, the newest proven set stays, and with it the logs that take it forward")
    func proven() {
        #expect(chosen([entry(1, .proven), entry(2, .proven), entry(3, .failed), entry(4, .failed)], keep: 1) == [1])
        #expect(chosen([entry(1, nil), entry(2, nil), entry(3, .failed), entry(4, .failed)], keep: 1) == [1], "an untried one is better than none")
        #expect(chosen([entry(1, .proven), entry(2, .failed), entry(3, .proven), entry(4, nil)], keep: 1) == [1, 2, 3])
        #expect(chosen([entry(1, .proven), entry(2, .inconclusive), entry(3, nil)], keep: 1) == [1, 2])
        #expect(chosen([entry(1, .failed), entry(2, .failed)], keep: 1) == [1])
    }

    @Test("sets without data are counted apart: they displace no set that holds some")
    func withoutData() {
        let sets = [entry(1, nil), entry(2, nil), entry(3, nil, holdsData: false), entry(4, nil, holdsData: false), entry(5, nil, holdsData: false)]
        #expect(chosen(sets, keep: 1) == [1, 3, 4])
        #expect(chosen(sets, keep: 2) == [3])
        // Its log backup takes the data before it forward.
        var cutting = sets
        cutting[2].log = fixture.log(3)
        #expect(chosen(cutting, keep: 1) == [1, 4])
    }

    @Test("what the next backup deletes can be seen beforehand", arguments: [false, true])
    func beforehand(erasesBefore: Bool) {
        var history = BackupHistory(name: "SampleDB")
        for number in 1...4 { history.append(fixture.entry(number, number == 4 ? .partial : .complete)) }
        var settings = BackupSettings()
        settings.erasesOldestBefore = erasesBefore
        func next(_ keep: Int, missing: Set<String> = []) -> [Int] {
            settings.setsKept = keep
            return Retention.setsOfNextBackup(history, settings) { !missing.contains($0) }.map(\.number)
        }
        #expect(next(5) == [] && next(4) == [1] && next(3) == [1, 2])
        // Before the new one is there, the newest and the newest complete one stay.
        #expect(next(1) == (erasesBefore ? [1, 2] : [1, 2, 3, 4]))
        #expect(next(3, missing: [fixture.archive(2)]) == [1])
        settings.limitsSets = false
        #expect(Retention.setsOfNextBackup(history, settings) { _ in true } == [])
        #expect(history.entries.count == 4)
    }

    @Test("archive, segments and log go together; files the history does not name stay")
    func deletes() throws {
        var segmented = fixture.entry(0, log: false)
        segmented.archive = "\(fixture.folder)/SampleDB[0000-0001].4BK"
        segmented.segments = 3
        for path in segmented.archiveFiles { try Publication.write([1], to: path) }
        try fixture.append([segmented])
        try fixture.fill([2, 3])
        try fixture.put(1)
        let sets = Retention.setsToDelete(try fixture.file.read().history, keep: 1, existing: { Folder.exists($0) })
        #expect(sets.map(\.number) == [0, 2])
        let result = try Retention.delete(sets, fixture.file, now: HistoryFixture.now, job: Job())
        #expect(result.deleted.map(\.number) == [0, 2] && result.failures.isEmpty)
        #expect(try fixture.names() == [
            "SampleDB[0000].4BL", "SampleDB[0001].4BK", "SampleDB[0002].4BL", "SampleDB[0003].4BK", "backupHistory.json",
        ])
        let history = try fixture.file.read().history
        #expect(history.sets.map(\.number) == [3])
        #expect(history.entries.filter(\.deleted).allSatisfy { $0.files.isEmpty })
        // I7: the deleted numbers are not free.
        #expect(BackupHistory.nextNumber(lastBackup: 0, history, names: [], of: "SampleDB") == 4)
    }

    @Test("a history that somebody changed deletes nothing but files of this database's sets in its own folder (1519)")
    func forged() throws {
        let secret = fixture.scratch.folder + "/SampleDB[0001].4BK"
        try Publication.write(Array("of id-1".utf8), to: secret)
        let others = ["Other[0001].4BK", "SampleDB[0009].4BK", "SampleDB[0001].4BK.txt", "letters.parity"].map { "\(fixture.folder)/\($0)" }
        for path in others { try Publication.write(Array("of id-1".utf8), to: path) }
        for path in [secret, fixture.folder + "/../SampleDB[0001].4BK"] + others {
            for part in ["archive", "log", "parity"] {
                try? Folder.removeFile(fixture.file.path)
                try fixture.fill([1, 2])
                var entry = fixture.entry(1)
                // Otherwise the history takes a path elsewhere for that of the file beside it.
                let isElsewhere = Folder.name(of: path) == "SampleDB[0001].4BK"
                if isElsewhere { for own in [fixture.archive(1), fixture.log(1)] { try Folder.removeFile(own) } }
                switch part {
                case "archive": entry.archive = path
                case "log": entry.log = path
                default: entry.parity = [path]
                }
                _ = try fixture.file.update(now: HistoryFixture.now) { history throws(Failure) in history.entries[0] = entry }
                let result = try Retention.delete([entry], fixture.file, now: HistoryFixture.now, job: Job())
                #expect(Folder.exists(path), "\(path) as \(part)")
                let told = result.failures.map { ($0.code, $0.message.contains("'\(path)' as a file of backup 1")) }
                #expect(told.count == 1 && told[0] == (.badValue, true), "\(path) as \(part): \(result.failures)")
                #expect(isElsewhere || Folder.exists(fixture.archive(1)) == (part == "archive") && Folder.exists(fixture.log(1)) == (part == "log"))
                // It is told once, and is no file of a set from then on.
                #expect(try fixture.file.read().history.entries[0].files.isEmpty)
                try fixture.put(1)
            }
        }
        #expect(Folder.exists(secret) && others.allSatisfy { Folder.exists($0) })
    }

    @Test("the set of another application that a changed history gives this one's name and number stays")
    func forgedIdentity() throws {
        try fixture.fill([1, 2])
        try fixture.put(1, of: "id-2", log: false)
        try Folder.removeFile(fixture.log(1))
        let other = try #require(Identity("0b1e5a52-0000-4000-8000-000000000002"))
        _ = try LogWriter.create(fixture.log(1), header: LogHeader(application: other, chain: other, startTime: 0))
        let result = try Retention.delete([fixture.entry(1)], fixture.file, now: HistoryFixture.now, job: Job())
        #expect(Folder.exists(fixture.archive(1)) && Folder.exists(fixture.log(1)))
        #expect(result.deleted.isEmpty && result.failures.map(\.code) == [.badValue, .badValue])
    }

    @Test("a stop between two sets leaves each of them whole or gone")
    func stop() throws {
        try fixture.fill([1, 2])
        let job = Job()
        job.stop()
        do {
            _ = try Retention.delete([fixture.entry(1)], fixture.file, now: 0, job: job)
            Issue.record("the deletion must stop")
        } catch { #expect(error.code == .stopped) }
        #expect(try fixture.names().count == 5)
        #expect(try fixture.file.read().history.sets.count == 2)
    }

    @Test("a file put back where a finished deletion took it away is not touched")
    func putBack() throws {
        try fixture.fill([1, 2])
        _ = try Retention.delete([fixture.entry(1)], fixture.file, now: 0, job: Job())
        try fixture.put(1)
        #expect(Retention.setsToDelete(try fixture.file.read().history, keep: 1, existing: { Folder.exists($0) }).isEmpty)
    }

    @Test("I5: whichever call fails, the history names no file that is gone, and the next deletion finishes")
    func everyFault() throws {
        let met = try withEveryFault(below: fixture.folder) { fault, end in
            for name in try fixture.names() { try Folder.removeFile("\(fixture.folder)/\(name)") }
            try fixture.fill([1, 2])
            let sets = Retention.setsToDelete(try fixture.file.read().history, keep: 1, existing: { Folder.exists($0) })
            #expect(sets.map(\.number) == [1])
            fault()
            let result = try? Retention.delete(sets, fixture.file, now: 0, job: Job())
            let met = end()
            if met { #expect(result?.failures.isEmpty != true) }

            let history = try fixture.file.read().history
            for set in history.sets { #expect(set.files.allSatisfy { Folder.exists($0) }, "\(set.number)") }
            #expect(history.sets.first?.number == 2)
            for set in result?.deleted ?? [] { #expect(!set.files.contains(where: { Folder.exists($0) })) }

            let rest = Retention.setsToDelete(history, keep: 1, existing: { Folder.exists($0) })
            let finished = try Retention.delete(rest, fixture.file, now: 0, job: Job())
            #expect(finished.failures.isEmpty)
            #expect(try fixture.names() == ["SampleDB[0001].4BL", "SampleDB[0002].4BK", "backupHistory.json"])
            #expect(try fixture.file.read().history.entries.filter { !$0.files.isEmpty }.map(\.number) == [2])
        }
        #expect(met >= 16, "two updates and two removals")
    }
}
