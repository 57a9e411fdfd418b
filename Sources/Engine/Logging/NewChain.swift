// A chain of backups and logs that is to begin. It counts from the moment its log is there, which comes after its base backup is
// durable: until then, and whatever fails on the way, the data belong to what they belonged to (invariants I1, I2).

import Database
import FileSystem
import LogFile
import Vocabulary

/// What the data are to belong to.
struct NewChain {
    var application: [UInt8]
    var chain: [UInt8]
    /// Where its log is going to stand.
    var journalPath: String
    /// Tables that are not journaled.
    var exclusions: [String]

    /// The state of capture that is installed for it.
    func state(for application: Application) -> CaptureState {
        var state = CaptureState(
            application: self.application, chain: chain, homePath: "", homeDevice: 0, homeInode: 0, journalPath: journalPath,
            exclusions: exclusions)
        state.attach(to: application)
        state.isBeginning = true
        return state
    }

    /// The chain that takes the place of one whose log is lost; nil without capture.
    static func replacing(_ application: Application, _ surroundings: Surroundings, _ job: Job) throws -> NewChain? {
        guard let chain = Identity(surroundings.makeIdentifier()),
            let state = try CaptureState(Connection(application.data, .read, busyTimeout: 2000, stop: job))
        else { return nil }
        return NewChain(
            application: state.application, chain: chain.bytes,
            journalPath: LogSession.path(try ApplicationRecord.read(application), state, application), exclusions: state.exclusions)
    }
}

extension CaptureState {
    /// As it counts: a chain that was to begin counts when its log is there.
    var settled: CaptureState {
        guard former != nil || isBeginning else { return self }
        var state = self
        if let header = try? LogReader(self.journalPath).header, header.application.bytes == self.application,
            header.chain.bytes == self.chain
        {
            state.former = nil
            state.isBeginning = false
        } else {
            state.returnToFormer()
        }
        return state
    }
}

extension LogSession {
    /// Ends what a crash left of the beginning of a chain. The caller has the lock of the log.
    /// - Returns: nil without capture.
    static func settle(_ connection: Connection, _ application: Application, _ job: Job) throws -> CaptureState? {
        let state = try CaptureState(connection)
        guard let found = state, case let settled = found.settled, settled != found else { return state }
        if settled.chain == found.chain, var record = try ApplicationRecord.read(application) {
            record.takeLog(settled.journalPath)
            try record.write(application)
        }
        return try change(connection, job) {
            if settled.chain == found.chain { ($0.former, $0.isBeginning) = (nil, false) } else { $0.returnToFormer() }
        }
    }

    static func change(
        _ connection: Connection, _ job: Job, _ body: (inout CaptureState) -> Void
    ) throws -> CaptureState? {
        try Patience.retry(seconds: 10, job) {
            try connection.transaction("IMMEDIATE") {
                guard var state = try CaptureState(connection) else { return nil }
                body(&state)
                try state.write(connection)
                return state
            }
        }
    }

    /// Lets the data belong to the chain that is to begin, so that the archive of its base backup says so. What they belong to now is
    /// kept beside it.
    func anticipate(_ new: NewChain, _ job: Job) throws {
        guard state.chain != new.chain else { return }
        let changed = try LogSession.change(connection, job) { [application] state in
            let former = state.belonging
            let before = state.exclusions
            let isBeginning = state.isBeginning
            state.attach(to: application)
            state.isBeginning = isBeginning
            state.application = new.application
            state.chain = new.chain
            state.journalPath = new.journalPath
            // Until it counts, what either of the two journals is captured.
            state.exclusions = before.filter { name in new.exclusions.contains { $0.lowercased() == name.lowercased() } }
            state.former = former
        }
        guard let changed else { throw LogSession.noLog(application) }
        let isOther = changed.exclusions != state.exclusions
        state = changed
        do { try resynchronise(force: isOther, job) } catch {
            // Untested: the database has to refuse to write, right after it was written to.
            abandonNewChain()
            throw error  // Untested: as above.
        }
    }

    /// The log of the chain is there: the application's record names it, and the data belong to it for good.
    func settleNewChain() throws {
        guard let before = try ApplicationRecord.read(application) else { throw LogSession.noLog(application) }
        var record = before
        record.takeLog(journalPath)
        do {
            if record != before { try record.write(application) }
            guard state.former != nil || state.isBeginning else { return }
            let exclusions = newChain?.exclusions ?? state.exclusions
            let isOther = exclusions != state.exclusions
            guard let settled = try LogSession.change(connection, Job(), { state in
                state.former = nil
                state.isBeginning = false
                state.exclusions = exclusions
            }) else { throw LogSession.noLog(application) }
            state = settled
            // What is journaled too much for a while does no harm, nor does a refusal that the next drain lifts.
            if isOther { try? resynchronise(force: true, Job()) }
            if state.isRefusing { try? Capture.setRefusal(connection, false) }
        } catch {
            // Untested: it may have been written, with only the durability of that in doubt.
            try? before.write(application)
            throw error  // Untested: as above.
        }
    }

    /// Gives a chain up that has not begun. What cannot be taken back now is taken back when the log is opened next.
    func abandonNewChain() {
        guard state.former != nil else { return }
        // Taking it back is no part of what a Stop ends.
        connection.stop(with: nil)
        let anticipated = state.exclusions
        guard let former = try? LogSession.change(connection, Job(), { $0.returnToFormer() }) else { return }
        state = former
        if state.exclusions != anticipated { try? resynchronise(force: true, Job()) }
    }
}
