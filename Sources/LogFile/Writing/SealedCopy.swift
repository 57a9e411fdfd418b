// Writes complete logs from existing ones: the .4BL of a backup, the journal that follows it, and what can be salvaged.

public import FileSystem
public import Glibc
public import Vocabulary

/// What a written log holds.
public struct SealedLog: Sendable, Equatable {
    public var path: String
    public var firstOperation: UInt64
    /// One less than the first when it holds none.
    public var lastOperation: UInt64
    public var bytes: UInt64
    /// SHA-256 of its seal: what the header of the log that continues it carries.
    public var lastDigest: [UInt8]
}

extension LogReader {
    /// Publishes at `path` a sealed log with exactly the operations up to `operation` (one less than the first for none). Small blocks
    /// become full ones. This log is not changed and may go on growing.
    ///
    /// Throws 1406 on a Stop, 1408 when reading or writing fails, 1413 when an operation to copy is damaged, 1504 when something stands at
    /// `path` and `replacing` is not set, 1506 when the log does not hold `operation`. Then, and after kill -9, nothing new stands at `path`.
    /// - Parameters:
    ///   - status: owner and mode of the new file; 0600 without it.
    ///   - key: marks the copy; see `LogWriter`.
    public func writeSealedCopy(
        to path: String, upTo operation: UInt64, replacing: Bool = false, like status: stat? = nil, key: IntegrityKey? = nil, job: Job? = nil
    ) throws(Failure) -> SealedLog {
        guard operation >= firstOperation - 1, operation <= lastOperation else { throw outOfRange(operation) }
        let publication = try LogPublication.begin(path, header, effort: .small, sealed: true, like: status, key: key)
        try publication.define(definitions)
        try publication.defineContexts(of: self)
        if operation >= firstOperation {
            try publication.copy(firstOperation...operation, of: self, job: job)
        }
        return try publication.publish(replacing: replacing)
    }

    /// The header of a log that continues this one after `operation`: same application and chain, numbering and position go on,
    /// every known definition of a table comes along. Throws 1506 when the log does not hold `operation`, 1413 when its block is damaged.
    public func successorHeader(
        after operation: UInt64, number: UInt32, segment: UInt32, startTime: Int64, structure: [String], previousDigest: [UInt8]
    ) throws(Failure) -> LogHeader {
        guard operation >= firstOperation - 1, operation <= lastOperation else { throw outOfRange(operation) }
        return LogHeader(
            encoding: header.encoding, application: header.application, chain: header.chain, number: number, segment: segment,
            firstOperation: operation + 1, startPosition: try position(of: operation), startTime: startTime,
            previousDigest: previousDigest, structure: structure, tables: definitions)
    }

    private func position(of operation: UInt64) throws(Failure) -> Int64 {
        if operation < firstOperation { return header.startPosition }
        if operation == lastOperation { return lastPosition }
        return try self.operation(operation)?.position ?? header.startPosition
    }

    private func outOfRange(_ operation: UInt64) -> Failure {
        Failure(
            .pointOutOfRange,
            "operation \(operation) is not in the log '\(path)', which holds \(firstOperation) to \(lastOperation)",
            hint: "Choose an operation that the log holds.")
    }
}

extension LogWriter {
    /// Commits, then replaces this log's file by the log that continues it after `operation`, carrying over the operations after it, and opens
    /// that. `header` is what `LogReader.successorHeader` gave. From then on this writer refuses to write.
    ///
    /// On failure or kill -9 the path holds either this log, unchanged, or the whole successor. Throws 1274 when reading or writing
    /// fails, 1413 when an operation to carry over is damaged, 1506 when header and log do not fit together. The
    /// operations up to `operation` are gone from the path: call it only when a sealed copy of them is durable (invariant I2).
    public func startSuccessor(after operation: UInt64, header: LogHeader) throws(Failure) -> LogWriter {
        try commit()
        let reader = try LogReader(path)
        guard header.firstOperation == operation + 1, header.chain == self.header.chain, operation <= reader.lastOperation,
            operation + 1 >= reader.firstOperation
        else {
            throw Failure(
                .pointOutOfRange, "the log '\(path)' cannot be continued after operation \(operation)",
                hint: "Run 'msc log check' on it.")
        }
        do throws(Failure) {
            let status: stat
            do throws(SystemError) { status = try reader.map.input.file.status() } catch { throw reader.map.input.readFailure(error) }
            let publication = try LogPublication.begin(path, header, effort: .fast, sealed: false, like: status, key: keys?.current)
            try publication.define(reader.definitions)
            if operation < reader.lastOperation {
                try publication.defineContexts(of: operation + 1...reader.lastOperation, in: reader)
                try publication.copy(operation + 1...reader.lastOperation, of: reader, job: nil)
            }
            _ = try publication.publish(replacing: true)
        } catch {
            guard error.code == .logSaveFailed else { throw error }
            throw Failure(.logUnavailable, error.message, cause: error.cause, hint: error.hint)
        }
        closeForSuccessor()
        return try LogWriter(opening: path, keys: keys)
    }
}
