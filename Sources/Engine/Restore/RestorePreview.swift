// What a restore would do, before a byte changes: what the archive holds, which logs follow it, what is missing between them.
// Where it can end: RestorePoint.swift.

import Archive
import FileSystem
import LogFile
import Vocabulary

/// A log of the archive's chain.
public struct FollowingLog: Sendable, Equatable {
    public var path: String
    public var first: UInt64
    /// One less than the first when it holds none.
    public var last: UInt64
    /// Milliseconds since 1970 UTC: when it was begun, and its last operation.
    public var start: Int64
    public var end: Int64

    public init(path: String, first: UInt64, last: UInt64, start: Int64, end: Int64) {
        self.path = path
        self.first = first
        self.last = last
        self.start = start
        self.end = end
    }
}

/// Operations that no log at hand holds.
public struct MissingOperations: Sendable, Equatable {
    public var first: UInt64
    public var last: UInt64
    /// Milliseconds since 1970 UTC: what is known before and after them.
    public var start: Int64
    public var end: Int64

    public init(first: UInt64, last: UInt64, start: Int64, end: Int64) {
        self.first = first
        self.last = last
        self.start = start
        self.end = end
    }
}

/// The logs that follow an archive, and what can be reached with them.
public struct RestorePreview: Sendable, Equatable {
    public var archive: ArchiveSummary
    /// The last operation that the archive's data hold.
    public var held: UInt64
    /// When it was done; nil when no log tells.
    public var heldTime: Int64?
    /// In the order in which they are integrated.
    public var logs: [FollowingLog]
    /// Logs of the same chain that come later and cannot be reached, because operations are missing before them.
    public var beyond: [FollowingLog]
    /// What is missing before each stretch of `beyond`.
    public var gaps: [MissingOperations]
    /// Where a restore into a folder goes unless another one is named.
    public var defaultDestination: String
    /// Logs that cannot be read, and the like, as sentences.
    public var warnings: [String]
    /// Logs with operations that the archive holds, oldest first.
    private var past: [String] = []

    public init(
        archive: ArchiveSummary, held: UInt64, heldTime: Int64?, logs: [FollowingLog], beyond: [FollowingLog] = [],
        gaps: [MissingOperations] = [], defaultDestination: String, warnings: [String] = []
    ) {
        self.archive = archive
        self.held = held
        self.heldTime = heldTime
        self.logs = logs
        self.beyond = beyond
        self.gaps = gaps
        self.defaultDestination = defaultDestination
        self.warnings = warnings
    }

    /// Looks where a restore with automatic integration looks. Changes nothing.
    /// - Parameter others: further logs, or folders of logs.
    /// - Throws: 1410, 1411, 1503 or 1514 for a file that is not a sound archive.
    public init(_ path: String, alongWith others: [String] = []) throws {
        let reader = try ArchiveReader(path: path)
        let manifest = try LogBase.joined(reader.manifest(), path, alongWith: others)
        self.init(
            archive: ArchiveSummary(path: path, bytes: reader.bytes, manifest), held: manifest.lastOperation, heldTime: nil, logs: [],
            defaultDestination: RestoreDestination.free(RestoreDestination.standard(archive: path, manifest)))
        guard let application = Identity(manifest.application), let line = Identity(manifest.chain) else { return }
        var places = try LogPlaces(archive: path, manifest)
        places.folders += others.filter { Folder.isFolder($0) }
        places.files += others.filter { !Folder.isFolder($0) }
        let owner = LogChain.Owner(application: application, chain: line)
        let all = try LogChain.candidates(places.folders, places.files, of: owner)
        let chain = LogChain.following(manifest.position, among: all)
        if !chain.links.isEmpty { held = try chain.leastOperation(at: manifest.position) }
        logs = try chain.links.map { try FollowingLog($0) }
        heldTime = all.lazy.filter { [held] in $0.first <= held && held <= $0.last }.compactMap { [held] in
            try? LogReader($0.path).operation(held)?.time
        }.first
        past = all.filter { [held] in $0.first <= held && $0.first <= $0.last }.sorted { $0.first < $1.first }.map(\.path)
        if let warning = disorder { warnings.append(warning.description) }
        try lookBeyond(chain.lastPosition ?? manifest.position, all)
        warnings += RestorePreview.unreadable(places, manifest.applicationName)
    }

    /// The first operation that the archive holds and that is later than a time, whatever the archive's own date says. Logs that cannot be
    /// read tell of none.
    func held(laterThan time: Int64, by tolerance: Int64) -> RestorePoint? {
        let (first, isBeyond) = time.addingReportingOverflow(tolerance + 1)
        guard !isBeyond else { return nil }
        for path in past {
            guard let reader = try? LogReader(path), let number = try? reader.firstOperation(atOrAfter: first), number <= held else { continue }
            return RestorePoint(operation: number, time: (try? reader.operation(number))??.time)
        }
        return nil
    }

    /// 1526 where the archive is dated earlier than something that it holds; nil where times are in order.
    var disorder: Failure? {
        guard let late = held(laterThan: archive.time, by: ClockJump.least) else { return nil }
        return Failure(
            .clockWentBack,
            "the clock had been set back when this backup was made: it is dated \(Timestamp.local(archive.time)), "
                + "and holds operation \(late.operation)" + (late.time.map { " of \(Timestamp.local($0))" } ?? ""),
            hint: "Choose a point by its operation, or take an older backup.")
    }

    /// 1506 where the archive holds what is later than a time that is wished for.
    func refusal(of time: Int64) -> Failure? {
        guard let late = held(laterThan: time, by: EndPoint.tolerance) else { return nil }
        return Failure(
            .pointOutOfRange,
            "this backup holds operation \(late.operation)\(late.time.map { " of \(Timestamp.local($0))" } ?? ""), after \(Timestamp.local(time))",
            hint: "Choose an older backup: 'msc backups' lists them.")
    }

    /// Lists what lies behind the first gap.
    private mutating func lookBeyond(_ end: Int64, _ all: [LogChain.Link]) throws {
        var reached = end
        var last = lastOperation
        var time = logs.last?.end ?? archive.time
        while let next = all.filter({ $0.header.startPosition > reached && $0.first > last }).min(by: { $0.header.startPosition < $1.header.startPosition }) {
            gaps.append(MissingOperations(first: last + 1, last: max(last + 1, next.first - 1), start: time, end: max(time, next.header.startTime)))
            let stretch = LogChain.following(next.header.startPosition, among: all)
            let found = try (stretch.links.isEmpty ? [next] : stretch.links).map { try FollowingLog($0) }
            beyond += found
            reached = max(next.header.startPosition, stretch.lastPosition ?? reached)
            last = max(last, found.last?.last ?? next.last)
            time = found.last?.end ?? time
        }
    }

    /// Files that look like this application's logs and cannot be opened, and folders that may hold some.
    static func unreadable(_ places: LogPlaces, _ name: String) -> [String] {
        var seen: Set<String> = []
        let closed = places.folders.filter { Folder.isRefused($0) && seen.insert($0).inserted }.map { Application.hidden($0).sentence }
        return closed + places.folders.flatMap { folder in
            ((try? Folder.contents(of: folder)) ?? [])
                .filter { $0.hasPrefix(name) && ($0.hasSuffix(".4BL") || $0.hasSuffix(".journal")) }.map { Folder.join(folder, $0) }
        }.filter { seen.insert(Folder.resolved($0) ?? $0).inserted }.compactMap { path in
            do throws(Failure) {
                let reader = try LogReader(path)
                return reader.openingDamage.first.map { "the log '\(path)' is damaged: \($0.reason)" }
            } catch {
                return error.sentence
            }
        }
    }

    /// The last operation that can be reached.
    public var lastOperation: UInt64 { max(held, logs.map(\.last).max() ?? held) }

    /// The last operation that is known, be it reachable or not.
    public var lastKnown: UInt64 { max(lastOperation, beyond.map(\.last).max() ?? 0) }
}

extension FollowingLog {
    init(_ link: LogChain.Link) throws(Failure) {
        self.init(
            path: link.path, first: link.first, last: link.last, start: link.header.startTime, end: try LogReader(link.path).lastTime)
    }
}
