// A log whose disk is away, and one that is gone: what waits for it stays, and no chain begins without certainty and a word.

import Database
import FileSystem
import Testing
import Vocabulary

@testable import Engine

@Suite("A log that is not there")
struct LostLogTests {
    /// A site with its log in a folder of its own, which holds "a"; "b" waits.
    private func site(in place: String? = nil) throws -> (site: Site, disk: String) {
        let site = try Site(in: place, startsLog: false)
        let disk = site.folder + "/disk"
        try Folder.create(disk)
        _ = try site.start(at: disk + "/log.journal")
        try site.add("a")
        _ = try site.drain()
        _ = try site.backup()
        try site.add("b")
        return (site, disk)
    }

    /// The log's disk goes away, and the folder that it was mounted on stays; with `isBack` it comes back.
    private func unmount(_ site: Site, _ disk: String, isBack: Bool = false) throws {
        if isBack {
            #expect(try Folder.contents(of: disk) == [], "nothing was written where the disk was")
            try Folder.removeTree(disk)
            try Folder.move(site.folder + "/away", to: disk)
        } else {
            try Folder.move(disk, to: site.folder + "/away")
            try Folder.create(disk)
        }
    }

    @Test("I1: a 'log start' that fails, or is stopped, leaves a log whose disk is away as it was, and what waits for it", arguments: [false, true])
    func failedStart(isStopped: Bool) throws {
        let (site, disk) = try site()
        let chain = try site.status().chain
        try unmount(site, disk)
        let job = Job()
        let backups = site.application.defaultDestination
        if isStopped {
            Faults.install({ _, path in
                if path.hasPrefix(backups), path.contains(".4BK") { job.stop() }
                return nil
            }, by: site.folder)
        } else {
            try site.set("", general: "<DestinationFolder>/nowhere/at/all</DestinationFolder>")
        }
        defer { Faults.install(nil, by: site.folder) }
        #expect(throws: Failure.self) { _ = try site.start(job, at: disk + "/log.journal") }
        #expect(try site.status().state == .unavailable && site.status().enabled)
        try site.set("")
        try site.add("c")
        try unmount(site, disk, isBack: true)
        let status = try site.status()
        #expect(status.state == .ok && status.chain == chain && status.pending == 2, "\(status)")
        #expect(try site.drain().lastOperation == 3)
        try site.expectWhole("after a failed start")
    }

    @Test("a 'log start' with another place and other exclusions begins anew with what waited in its backup; the old log stays")
    func startElsewhere() throws {
        let (site, disk) = try site()
        try site.client().execute("CREATE TABLE quiet(x)")
        let chain = try site.status().chain
        try unmount(site, disk)
        let status = try site.start(excluding: ["quiet"])
        #expect(status.state == .ok && status.chain != chain && status.path == site.application.defaultJournal)
        #expect(status.notJournaled["quiet"] != nil)
        try site.add("c")
        try site.client().execute("INSERT INTO quiet VALUES(1)")
        #expect(try site.drain().lastOperation == 1)
        try unmount(site, disk, isBack: true)
        _ = try site.restore(2, .folder(site.folder + "/r"))
        #expect(try site.names(site.folder + "/r/Data/SampleDB.db") == "abc")
    }

    @Test("I2: a log whose disk is away is not lost: the backup is made without it and says so, and the log goes on when it is back")
    func away() throws {
        let (site, disk) = try site()
        let chain = try site.status().chain
        try unmount(site, disk)
        let outcome = try site.backup()
        #expect(outcome.log == nil && outcome.lastOperation == nil)
        #expect(outcome.warnings.contains { $0.contains("1274") }, "\(outcome.warnings)")
        try site.add("c")
        try unmount(site, disk, isBack: true)
        #expect(try site.status().chain == chain)
        #expect(try site.drain().lastOperation == 3)
        try site.expectWhole("the disk is back")
        #expect(try site.backup().log != nil)
        try site.expectWhole("after a cut")
    }

    @Test("a log that is gone from its folder is lost: the backup begins a new chain, and says that it does")
    func gone() throws {
        let (site, disk) = try site()
        let chain = try site.status().chain
        try Folder.removeFile(disk + "/log.journal")
        let outcome = try site.backup()
        #expect(outcome.warnings.contains { $0.contains("new chain") }, "\(outcome.warnings)")
        #expect(try site.status().chain != chain && site.status().state == .ok)
        try site.add("c")
        try site.expectWhole("a new chain", isNewChain: true)
        #expect(try site.backup().warnings == [])
    }

    @Test("I2: whatever fails in the backup that was to begin a new chain, a log that comes back goes on")
    func faults() throws {
        let place = try FaultPlace()
        let met = try withEveryFault(below: place.folder) { fault, end in
            let (site, disk) = try site(in: place.folder)
            let chain = try site.status().chain
            try Folder.move(disk + "/log.journal", to: site.folder + "/log.aside")
            fault()
            let outcome = Result { try site.backup() }
            _ = end()
            if case .failure(let error) = outcome {
                expectRightCode(error)
                #expect(!Folder.exists(disk + "/log.journal"), "\(error)")
                try Folder.move(site.folder + "/log.aside", to: disk + "/log.journal")
                #expect(try site.drain().lastOperation == 2, "\(error)")
                #expect(try site.status().chain == chain, "\(error)")
            }
            try site.add("c")
            let isNew = try site.status().chain != chain
            try site.expectWhole("\(outcome)", isNewChain: isNew)
            #expect(try site.names() == "abc")
        }
        #expect(met > 10)
    }

    @Test("after a crash while a chain begins it counts when its log is there; else the old log goes on when it is back")
    func crash() throws {
        let (site, disk) = try site()
        let chain = try site.status().chain
        try Folder.move(disk + "/log.journal", to: site.folder + "/log.aside")
        do {
            let new = try #require(try NewChain.replacing(site.application, site.surroundings, Job()))
            let session = try #require(try LogSession.open(site.application, site.surroundings, for: "log start", starting: new, Job()))
            #expect(session.state.former != nil)
            #expect(try site.status().chain == chain && site.status().state == .unavailable)
        }
        #expect(throws: Failure.self) { _ = try site.drain() }
        try Folder.move(site.folder + "/log.aside", to: disk + "/log.journal")
        #expect(try site.drain().lastOperation == 2)
        #expect(try site.status().chain == chain)

        try Folder.removeFile(disk + "/log.journal")
        _ = try site.backup()
        let begun = try site.status().chain
        // The crash came before the data were told.
        let connection = try site.client()
        var state = try #require(try CaptureState(connection))
        var old = state
        old.chain = [UInt8](repeating: 7, count: 16)
        state.former = old.belonging
        try state.write(connection)
        try site.add("c")
        #expect(try site.status().chain == begun && site.status().state == .ok)
        #expect(try site.drain().lastOperation == 1)
        #expect(try CaptureState(connection)?.former == nil)
        try site.expectWhole("after two crashes", isNewChain: true)
    }

    @Test("a 'log start' on a copy that fails leaves it the copy that it was; one that succeeds makes it an application of its own")
    func copy() throws {
        let site = try site().site
        let restored = try site.restore(1, .folder(site.folder + "/r"))
        let copy = try Application(data: #require(restored.data))
        func start() throws -> LogStatus {
            try LogStart(application: copy, surroundings: site.surroundings, journal: nil, excluding: []).run(Job())
        }
        let before = try CaptureState(Connection(copy.data, .read))
        let job = Job()
        Faults.install({ _, path in
            if path.hasPrefix(copy.companion), path.contains(".4BK") { job.stop() }
            return nil
        }, by: copy.folder)
        #expect(throws: Failure.self) {
            _ = try LogStart(application: copy, surroundings: site.surroundings, journal: nil, excluding: []).run(job)
        }
        Faults.install(nil, by: copy.folder)
        #expect(try LogStatus.of(copy, site.surroundings).state == .detached)
        let after = try CaptureState(Connection(copy.data, .read))
        #expect(after?.application == before?.application && after?.chain == before?.chain && after?.former == nil)
        let status = try start()
        #expect(status.state == .ok)
        #expect(try status.chain != site.status().chain && site.drain().lastOperation == 2)
    }

    @Test("the logs of a stopped log are found in the folder where it stood")
    func pastFolders() throws {
        let (site, disk) = try site()
        _ = try site.backup()
        try site.add("c")
        _ = try site.stop()
        #expect(Folder.exists(disk + "/log.journal"))
        let outcome = try site.restore(2, .folder(site.folder + "/r"))
        #expect(try site.names(outcome.data) == "abc")
    }
}
