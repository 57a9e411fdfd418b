import FileSystem
import LogFile
import Testing
import Vocabulary

@testable import Engine

@Suite struct OperationMatchesTests {
    /// A clock that moves by a millisecond each time it is looked at: slices end early.
    private static func slice(_ milliseconds: Int64) -> TimeSlice {
        let clock = Ticking()
        return TimeSlice(
            Surroundings(now: { clock.next() }, makeIdentifier: { "" }, context: SampleLogs.anna, version: "1"), milliseconds: milliseconds)
    }

    private static let whole = slice(.max / 4)

    private func browser(_ ranges: ClosedRange<UInt64>...) throws -> (OperationBrowser, SampleLogs) {
        let logs = try SampleLogs()
        for range in ranges { try logs.add(range) }
        return (try OperationBrowser(logs.paths), logs)
    }

    private func matches(_ browser: OperationBrowser, _ query: ActivityQuery, from origin: UInt64) throws -> OperationMatches {
        try OperationMatches(query, origin: origin, first: browser.firstOperation, last: browser.lastOperation)
    }

    private func query(_ change: (inout ActivityQuery) -> Void) -> ActivityQuery {
        var query = ActivityQuery()
        change(&query)
        return query
    }

    @Test func withoutAFilterEveryOperationHasItsPlaceAtOnce() throws {
        let (browser, logs) = try browser(1...3000, 3001...5000)
        defer { withExtendedLifetime(logs) {} }
        let matches = try self.matches(browser, ActivityQuery(), from: 5001)
        #expect(matches.isComplete && matches.count == 5000)
        #expect(matches.places == -5000..<0)
        let rows = try browser.rows(of: matches, at: -2002..<(-1998))
        #expect(rows.map(\.row.number) == [2999, 3000, 3001, 3002])
        #expect(rows.map(\.place) == [-2002, -2001, -2000, -1999])
        #expect(try browser.place(of: 1, in: matches) == -5000)
    }

    @Test func countsBothWaysFromTheOriginAndKeepsPlacesWhileItGoesOn() throws {
        let (browser, logs) = try browser(1...20_000, 20_001...60_000)
        defer { withExtendedLifetime(logs) {} }
        let deletions = query { $0.actions = [.deletion] }
        var matches = try self.matches(browser, deletions, from: 30_000)
        var steps = 0
        var known: [Int: UInt64] = [:]
        while !matches.isComplete, steps < 1000 {
            try browser.extend(&matches, Job(), for: OperationMatchesTests.slice(1))
            steps += 1
            for (place, row) in try browser.rows(of: matches, at: matches.places.clamped(to: -20..<20)) {
                #expect(known[place, default: row.number] == row.number)
                known[place] = row.number
            }
        }
        #expect(steps > 3)
        #expect(matches.count == 6000)
        #expect(matches.places == -3000..<3000)
        #expect(matches.done == 60_000 && matches.total == 60_000)
        #expect(known[0] == 30_009 && known[-1] == 29_999 && known[5] == 30_059)
        let rows = try browser.rows(of: matches, at: -3000..<3000)
        #expect(rows.map(\.row.number) == stride(from: 9, to: 60_000, by: 10).map { $0 })
    }

    @Test func manyMatchesAreReachedFromSparseAnchors() throws {
        let (browser, logs) = try browser(1...40_000, 40_001...90_000)
        defer { withExtendedLifetime(logs) {} }
        // More than the limit on either side.
        let items = query { $0.tables = ["item"] }
        let all = (1...90_000).map { UInt64($0) }.filter { !SampleLogs.isRare($0) }
        var matches = try self.matches(browser, items, from: 45_000)
        try browser.extend(&matches, Job(), for: OperationMatchesTests.whole)
        while !matches.isComplete { try browser.extend(&matches, Job(), for: OperationMatchesTests.whole) }
        #expect(matches.count == UInt64(all.count))
        #expect(matches.older.stride > 1 || matches.newer.stride > 1)
        #expect(matches.older.anchors.count <= OperationMatches.anchorLimit)
        for first in [0, 1, 21_234, 39_980, 44_930, 70_001, all.count - 30] {
            let places = matches.places.lowerBound + first..<matches.places.lowerBound + first + 30
            let rows = try browser.rows(of: matches, at: places)
            #expect(rows.map(\.row.number) == Array(all[first..<first + 30]), "\(first)")
            #expect(rows.map(\.place) == Array(places))
            #expect(try browser.place(of: all[first], in: matches) == places.lowerBound)
        }
        // Places that need not be neighbours, between the anchors.
        let scattered = [21_235, 39_980, 70_002]
        let rows = try browser.rows(of: matches, each: scattered.map { matches.places.lowerBound + $0 })
        #expect(rows.map(\.row.number) == scattered.map { all[$0] })
        // What is no match has the place of a neighbour.
        #expect(try browser.place(of: 70_500, in: matches) == browser.place(of: 70_499, in: matches))
    }

    @Test func rareMatchesAreReadByTheirNumbers() throws {
        let (browser, logs) = try browser(1...50_000)
        defer { withExtendedLifetime(logs) {} }
        var matches = try self.matches(browser, query { $0.tables = ["Rare"] }, from: 50_001)
        while !matches.isComplete { try browser.extend(&matches, Job(), for: OperationMatchesTests.whole) }
        #expect(matches.older.stride == 1 && matches.newer.stride == 1 && matches.count == 50)
        #expect(try browser.rows(of: matches, at: matches.places).map(\.row.number) == stride(from: 500, to: 50_000, by: 1000).map { $0 })
    }

    @Test func newOperationsAndEarlierLogsAreTakenIn() throws {
        let logs = try SampleLogs()
        try logs.add(1...1000)
        let path = try logs.add(1001...2000)
        let browser = try OperationBrowser([path])
        var matches = try self.matches(browser, query { $0.actions = [.deletion] }, from: 2001)
        while !matches.isComplete { try browser.extend(&matches, Job(), for: OperationMatchesTests.whole) }
        #expect(matches.count == 100)
        try logs.append(2001...2500, to: path)
        #expect(try browser.refresh())
        matches.grow(first: browser.firstOperation, last: browser.lastOperation)
        #expect(!matches.isComplete)
        while !matches.isComplete { try browser.extend(&matches, Job(), for: OperationMatchesTests.whole) }
        #expect(matches.count == 150)
        #expect(matches.places == -100..<50)
    }

    @Test func aQueryByContextFindsWhatItsPeopleDid() throws {
        let (browser, logs) = try browser(1...700)
        defer { withExtendedLifetime(logs) {} }
        for text in ["ANNA", "box", "app", "import"] {
            #expect(try browser.rows(from: 1, count: 1000, matching: query { $0.context = text }).map(\.number) == stride(from: 7, through: 700, by: 7).map { $0 })
        }
        #expect(try browser.rows(from: 1, count: 10, matching: query { $0.context = "nobody" }).isEmpty)
    }

    @Test func searchGoesBothWaysAndStaysWithinTheFilter() throws {
        let (browser, logs) = try browser(1...5000, 5001...9000)
        defer { withExtendedLifetime(logs) {} }
        let whole = OperationMatchesTests.whole
        #expect(try browser.find("rare", from: 1, reverse: false, in: ActivityQuery(), Job(), for: whole).found == 500)
        #expect(try browser.find("rare", from: 9000, reverse: true, in: ActivityQuery(), Job(), for: whole).found == 8500)
        #expect(try browser.find("RARE 7", from: 501, reverse: false, in: ActivityQuery(), Job(), for: whole).found == 7500)
        #expect(try browser.find("name", from: 1, reverse: false, in: query { $0.tables = ["Rare"] }, Job(), for: whole).found == nil)
        let filtered = query { $0.search = "name 12" }
        #expect(try browser.find("name 125", from: 1, reverse: false, in: filtered, Job(), for: whole).found == 125)
        #expect(try browser.find("name 3", from: 1, reverse: false, in: filtered, Job(), for: whole).found == nil)
    }

    @Test func histogramsAgreeWhetherCountedByBlockOrByMatch() throws {
        let (browser, logs) = try browser(1...20_000, 20_001...50_000)
        defer { withExtendedLifetime(logs) {} }
        var histogram = TimeHistogram()
        var next: UInt64? = 1
        while let from = next { next = try browser.histogram(from: from, to: .max, into: &histogram, Job(), for: OperationMatchesTests.slice(2)) }
        #expect(histogram.counts.reduce(0, +) == 50_000)
        #expect(histogram.step == 60_000)
        #expect(histogram.counts.dropFirst().dropLast().allSatisfy { $0 == 60 })
        var matches = try self.matches(browser, query { $0.actions = [.addition, .modification, .deletion] }, from: 25_000)
        while !matches.isComplete { try browser.extend(&matches, Job(), for: OperationMatchesTests.whole) }
        // The other one made room for the log's start, a moment before its first operation.
        #expect(matches.histogram.counts == histogram.counts.filter { $0 > 0 })
    }

    @Test func tallyCountsByTableAndActionFromAnyOperationOn() throws {
        let (browser, logs) = try browser(1...20_000, 20_001...30_000)
        defer { withExtendedLifetime(logs) {} }
        var tally = OperationTally()
        var next: UInt64? = 12_346
        while let from = next { next = try browser.tally(from: from, into: &tally, Job(), for: OperationMatchesTests.slice(1)) }
        var expected: [String: [Action: UInt64]] = [:]
        for number in UInt64(12_346)...30_000 { expected[SampleLogs.isRare(number) ? "Rare" : "Item", default: [:]][SampleLogs.action(number), default: 0] += 1 }
        #expect(tally.counts == expected)
        #expect(tally.records == 30_000 - 12_345)
        #expect(tally.tables.map(\.name) == ["Item", "Rare"])
    }

    @Test func whatARollbackWouldCancelIsListedNewestFirstTheOtherWayRound() throws {
        let (browser, logs) = try browser(1...1000, 1001...2000)
        defer { withExtendedLifetime(logs) {} }
        let rows = try browser.undoing(after: 995, count: 1000)
        #expect(rows.map(\.number) == (996...2000).reversed().prefix(1000).map { $0 })
        #expect(try browser.undoing(after: 1990, count: 100).map(\.number) == (1991...2000).reversed().map { $0 })
        #expect(try browser.undoing(after: 2000, count: 100) == [])
        let change = try #require(rows.first { $0.action == .modification })
        let forth = try #require(try browser.rows(from: change.number, count: 1).first)
        // `price: a → b` there is `price: b → a` here.
        let sides = forth.values.dropFirst("price: ".count).split(separator: " → ").map(String.init)
        try #require(sides.count == 2)
        #expect(change.values == "price: \(sides[1]) → \(sides[0])")
    }

    @Test func aStopEndsEveryWalk() throws {
        let (browser, logs) = try browser(1...5000)
        defer { withExtendedLifetime(logs) {} }
        let job = Job()
        job.stop()
        var matches = try self.matches(browser, query { $0.actions = [.deletion] }, from: 5001)
        #expect(throws: Failure.self) { try browser.extend(&matches, job, for: OperationMatchesTests.whole) }
        #expect(throws: Failure.self) { _ = try browser.rows(from: 1, count: 10, job) }
        var tally = OperationTally()
        #expect(throws: Failure.self) { _ = try browser.tally(from: 1, into: &tally, job, for: OperationMatchesTests.whole) }
    }

    @Test func manyLogsKeepFewFilesOpen() throws {
        let logs = try SampleLogs()
        for index in 0..<60 { try logs.add(UInt64(index * 10 + 1)...UInt64(index * 10 + 10)) }
        let before = try openFiles()
        let browser = try OperationBrowser(logs.paths)
        #expect(try browser.rows(from: 1, count: 600).map(\.number) == (1...600).map { $0 })
        #expect(try openFiles() - before <= 6)
        #expect(try browser.operation(at: SampleLogs.start + 305_500) == 306)
        #expect(try browser.operation(at: SampleLogs.start + 700_000) == nil)
        #expect(try browser.fields(of: 601).isEmpty && browser.history(of: 601) == nil)
    }

    @Test("I8: operations that are damaged are counted where others are searched and tallied, and passed over where they are shown")
    func damaged() throws {
        let logs = try SampleLogs()
        let path = try logs.add(1...20)
        try logs.append(21...40, to: path)
        try logs.append(41...60, to: path)
        var bytes = try File.contents(of: path, atMost: 1 << 20)
        let blocks = (0..<bytes.count - 8).filter { Array(bytes[$0..<$0 + 5]) == Array("MSCB".utf8) + [1] }
        bytes[try #require(blocks.count == 3 ? blocks[1] : nil) + 160] ^= 0x10
        try Publication.write(bytes, to: path)
        let browser = try OperationBrowser([path])
        var matches = try self.matches(browser, query { $0.actions = [.deletion] }, from: 1)
        for _ in 0..<100 where !matches.isComplete { try browser.extend(&matches, Job(), for: OperationMatchesTests.whole) }
        #expect(matches.isComplete && matches.damaged == 20 && matches.count == 4)
        #expect(try browser.rows(of: matches, at: 0..<4).map(\.row.number) == [9, 19, 49, 59])
        var tally = OperationTally()
        var next: UInt64? = 1
        for _ in 0..<100 {
            guard let start = next else { break }
            next = try browser.tally(from: start, into: &tally, Job(), for: OperationMatchesTests.whole)
        }
        #expect(next == nil && tally.damaged == 20 && tally.records == 40)
    }

    private func openFiles() throws -> Int { try LogFileDescriptors.count() }
}

@Suite struct TimeHistogramTests {
    @Test func bucketsStayFewWhateverTheTime() {
        var histogram = TimeHistogram()
        let year: Int64 = 365 * 86_400_000
        for day in 0..<Int64(3650) { histogram.add(2, at: SampleLogs.start - 5 * year + day * 86_400_000) }
        #expect(histogram.counts.count <= TimeHistogram.limit)
        #expect(histogram.counts.reduce(0, +) == 7300)
        histogram.add(1, at: SampleLogs.start - 40 * year)
        #expect(histogram.counts.count <= TimeHistogram.limit)
        #expect(histogram.counts.first == 1)
        #expect(histogram.time(of: 0) <= SampleLogs.start - 40 * year && histogram.time(of: 1) > SampleLogs.start - 40 * year)
    }
}
