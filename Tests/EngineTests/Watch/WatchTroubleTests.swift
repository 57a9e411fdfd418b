// What the service says, once, of an automatic backup whose state cannot be read or whose date went by.

import Testing
import Vocabulary

@testable import Engine

@Suite("The service's machine: troubles of the automatic backup")
struct WatchTroubleTests {
    private static let hour: Int64 = 3_600_000
    /// 2026-03-02, a Monday, 00:00 UTC.
    private static let monday: Int64 = 1_772_409_600_000
    private var service: WatchSimulation

    init() throws {
        var pace = WatchPace()
        pace.look = 30 * 60_000
        pace.thoroughLook = 4 * Self.hour
        pace.health = 4 * Self.hour
        service = WatchSimulation(at: Self.monday, pace: pace)
        service.settings.scheduler.frequency = .daily
        service.settings.scheduler.daysTime = 12 * 3600
        service.begin()
        service.run(for: Self.hour)
    }

    @Test("a state that cannot be read is told once, until it can be read; what was known stays in force")
    func unreadable() throws {
        var service = service
        let trouble = Failure(.readFailed, "the state cannot be read", hint: "Look at the disk.")
        func told() -> Int { service.said.count { $0.contains("the state cannot be read") } }
        for _ in 0..<3 { service.tell(.automation(.failure(trouble))) }
        #expect(told() == 1)
        service.run(for: 12 * Self.hour)
        #expect(service.backups.count == 1)
        service.tell(.automation(.success(try #require(service.state))))
        service.tell(.automation(.failure(trouble)))
        #expect(told() == 2)
    }

    @Test("a date that went by while nobody watched is left to the next one where the settings say so, and told")
    func missedDate() {
        var service = service
        service.settings.retriesAtNextDate = true
        service.tell(.settings(.success(service.settings), isAskedFor: true))
        service.setClock(by: 14 * Self.hour)
        service.run(for: Self.hour)
        #expect(service.backups.count == 0)
        #expect(service.said.count { $0.contains("went by while nobody watched") } == 1, "\(service.said)")
        service.run(for: 24 * Self.hour)
        #expect(service.backups.count == 1)
    }
}
