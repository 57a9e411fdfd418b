// Saves what is undamaged of a damaged log.

public import Glibc
public import Vocabulary

/// Rescue of a damaged log.
public enum LogSalvage {
    public struct Outcome: Sendable, Equatable {
        public var log: SealedLog
        /// Operations saved.
        public var operations: UInt64
        /// What is lost, in the order of the log.
        public var lost: [Damage]
    }

    /// Publishes at `path` a sealed log with every operation of `source` that can still be read, under its own number. What is
    /// lost stays a visible gap in the numbering: readers of the new log report it.
    ///
    /// Throws 1406 on a Stop, 1408 when writing fails, 1412 when `source` is missing, 1413 when neither its header nor the copy can be read,
    /// 1504 when something stands at `path`. Then, and after kill -9, nothing stands at `path`; `source` is never changed.
    public static func run(
        _ source: String, to path: String, like status: stat? = nil, job: Job? = nil
    ) throws(Failure) -> Outcome {
        let reader = try LogReader(source)
        var lost = reader.openingDamage
        var count: UInt64 = 0
        let publication = try LogPublication.begin(path, reader.header, effort: .small, sealed: true, like: status, key: nil)
        try publication.define(reader.definitions)
        try publication.defineContexts(of: reader)
        job?.report(Progress(phase: "Salvaging the log", subject: source, total: reader.operationCount, unit: .operations))
        try reader.forEach(job: job, damage: { lost.append($0) }) { (operation) throws(Failure) in
            try publication.append(operation)
            count += 1
            return .next
        }
        return Outcome(log: try publication.publish(replacing: false), operations: count, lost: lost)
    }
}
