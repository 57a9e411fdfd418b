// Which logs follow a state of the data, in order (invariant I8): found in the folders where logs can be, or named by hand;
// checked for identity, chain, order and gaps before anything is changed.

import FileSystem
import LogFile
import Vocabulary

/// The logs that take a copy of the data forward, in order.
struct LogChain {
    struct Link {
        var path: String
        var header: LogHeader
        var first: UInt64
        var last: UInt64
        var lastPosition: Int64
        /// A log backup or segment without its seal: its end, and operations with it, may be missing.
        var isCutOff: Bool
    }

    private(set) var links: [Link] = []
    /// The first log beyond a gap that ends the chain: operations between the two are in no log that was found.
    private(set) var afterGap: Link?
    /// A log that is still being written, and not one that was closed, holds the end: as far as it was drained, nothing came after it.
    private(set) var endIsOpen = false

    /// Whose logs are looked for.
    struct Owner {
        var application: Identity
        var chain: Identity
    }

    /// Finds logs among `folders` and `files` that continue the data from `position`; takes as many as follow without a gap.
    /// Files that are no logs, or logs of others, are passed over: nobody named them.
    /// - Throws: 1511 or 1515 when the disk or the system does not let a file be read: it may be the one that is missing.
    static func following(_ position: Int64, of owner: Owner, folders: [String], files: [String]) throws(Failure) -> LogChain {
        following(
            position,
            among: try candidates(folders, files, of: owner) { (failure) throws(Failure) in
                if failure.code == .readFailed || failure.code == .noPermission { throw failure }
            })
    }

    /// The same among logs that were found before.
    static func following(_ position: Int64, among candidates: [Link]) -> LogChain {
        var chain = LogChain()
        var reached = position
        // The log that reaches furthest among those that continue here; a log that brings nothing new ends the search. One that holds
        // no more than the counters it begins with has its last operation all the same.
        while let next = candidates.filter({ candidate in
            candidate.header.startPosition <= reached && candidate.lastPosition > reached
                || candidate.header.startPosition == reached && candidate.last >= candidate.first
                    && !chain.links.contains { $0.path == candidate.path }
        }).max(by: { ($0.lastPosition, $0.last) < ($1.lastPosition, $1.last) }) {
            chain.links.append(next)
            reached = next.lastPosition
        }
        chain.endIsOpen = candidates.contains { $0.header.startPosition <= reached && $0.lastPosition >= reached && !isClosed($0.path) }
        chain.afterGap = candidates.filter { $0.header.startPosition > reached }.min { $0.first < $1.first }
        return chain
    }

    /// The logs of one owner that stand in these places.
    /// - Parameter refused: hears of each file and folder that could not be read.
    static func candidates(
        _ folders: [String], _ files: [String], of owner: Owner, refused: (Failure) throws(Failure) -> Void = { _ in }
    ) throws(Failure) -> [Link] {
        try all(folders, files, refused: refused).filter { $0.header.application == owner.application && $0.header.chain == owner.chain }
    }

    /// All logs that stand in these places, whosever they are.
    static func all(
        _ folders: [String], _ files: [String], refused: (Failure) throws(Failure) -> Void = { _ in }
    ) throws(Failure) -> [Link] {
        var paths = files
        for folder in folders where Folder.isFolder(folder) {
            do throws(SystemError) {
                // What was saved of a damaged log has holes: it is taken only when somebody names it.
                paths += try Folder.contents(of: folder)
                    .filter { ($0.hasSuffix(".4BL") || $0.hasSuffix(".journal")) && !$0.hasSuffix(Repair.salvagedEnding) }
                    .map { Folder.join(folder, $0) }
            } catch {
                // Untested: root, as whom the tests run, may list every folder that is there.
                try refused(
                    Failure(
                        error.isPermission ? .noPermission : .readFailed, "the folder '\(folder)' cannot be read", cause: error.reason,
                        hint: "Check its owner and mode, and the disk."))
            }
        }
        var seen: Set<String> = []
        var links: [Link] = []
        for path in paths {
            guard let resolved = Folder.resolved(path), seen.insert(resolved).inserted else { continue }
            do throws(Failure) {
                links.append(try Link(path))
            } catch {
                try refused(error)
            }
        }
        return links
    }

    /// Finds the logs that lead without a gap to the current one, oldest first. The current one comes last, also when it holds
    /// no operation yet.
    static func leading(to current: LogReader, _ places: LogPlaces) throws(Failure) -> LogChain {
        let owner = Owner(application: current.header.application, chain: current.header.chain)
        let candidates = try candidates(places.folders, places.files, of: owner)
        var chain = LogChain()
        chain.links = [Link(current)]
        // Backwards: among the logs that hold the operation before, the one that reaches back furthest.
        while let first = chain.links.first?.first, first > 1,
            let previous = candidates.filter({ $0.first < first && $0.last >= first - 1 }).min(by: { $0.first < $1.first })
        {
            chain.links.insert(previous, at: 0)
        }
        return chain
    }

    /// Checks logs that a person named, in the order given.
    /// - Throws: 1412, 1413 or 1503 for a file that is not a sound log, 1416 for a log of others, 1502 naming the operations
    ///   that are missing in front of a log.
    /// - Parameter until: the end that is wanted: a log that was cut off serves as far as it goes only when there is one.
    static func named(
        _ paths: [String], after position: Int64, of owner: Owner, until: Point?
    ) throws(Failure) -> LogChain {
        var chain = LogChain()
        var reached = position
        for path in paths {
            let link = try Link(path)
            guard link.header.application == owner.application, link.header.chain == owner.chain else {
                throw Failure(
                    .foreignLog, "the log '\(path)' does not belong to this \(link.header.application == owner.application ? "chain of backups and logs" : "application")",
                    hint: "Use the logs that were written after this backup: 'msc backups' lists them with their archives.")
            }
            guard until != nil || !link.isCutOff else {
                throw Failure(
                    .logDamaged, "the end of the log '\(path)' is missing", cause: "it is not sealed",
                    hint: "Bring back the whole file, or take what it holds with --until-operation \(link.last).")
            }
            guard link.header.startPosition <= reached else {
                throw Failure(
                    .logGap, "the log '\(path)' begins at operation \(link.first); operations before it are missing",
                    hint: "Integrate the log that comes before it first.")
            }
            chain.links.append(link)
            reached = max(reached, link.lastPosition)
        }
        return chain
    }

    /// Whether a file's name says that its log was closed: only the current log may lack a seal.
    static func isClosed(_ path: String) -> Bool { path.hasSuffix(".4BL") || path.hasSuffix("].journal") }

    /// Refuses to end before a gap without a word.
    /// - Throws: 1502 unless `until` lies before the gap.
    func checkGap(_ until: Point?) throws(Failure) {
        guard let afterGap else { return }
        switch until {
        case .operation(let number) where number < afterGap.first: return
        case .time(let time) where time < afterGap.header.startTime: return
        default: break
        }
        let last = lastOperation.map { "end at operation \($0)" } ?? "are not there"
        throw Failure(
            .logGap, "the logs that follow \(last); the next one, '\(afterGap.path)', begins at operation \(afterGap.first)",
            hint: "Bring back the log in between, give an end point before the gap, or name the logs to integrate.")
    }

    /// The position that the data has after the whole chain; nil for an empty one.
    var lastPosition: Int64? { links.map(\.lastPosition).max() }
    var lastOperation: UInt64? { links.map(\.last).max() }
}

extension LogChain.Link {
    init(_ path: String) throws(Failure) { self.init(try LogReader(path)) }

    init(_ reader: LogReader) {
        self.init(
            path: reader.path, header: reader.header, first: reader.firstOperation, last: reader.lastOperation,
            lastPosition: reader.lastPosition,
            isCutOff: LogChain.isClosed(reader.path) && !reader.isSealed)
    }
}
