// Nothing is taken from an archive or a log before its code was verified, where a key is given; where none is, that is said.

import Archive
import FileSystem
import LogFile
import Vocabulary

extension ArchiveReader {
    /// - Returns: what is to be told when it was not verified.
    /// - Throws: 1529 when it is not what the holder of a key wrote, and as `manifest`.
    func authenticate(_ keys: IntegrityKeys?) throws -> [String] {
        guard let keys else {
            guard let integrity = try manifest().integrity else { return [] }
            return ["the archive '\(path)' carries a code of the integrity key \(integrity.key), which was not given: it was not verified"]
        }
        guard let objection = try objection(keys) else { return [] }
        throw Failure(
            .tampered, "the archive '\(path)' is not what the holder of the integrity key wrote", cause: objection,
            hint: "Take another one. --integrity-key none takes it all the same: one made before there was a key, for example.")
    }
}

extension LogChain {
    /// As `authenticate(_:_:_:)`, for all logs of the chain.
    func authenticate(_ keys: IntegrityKeys?, _ job: Job) throws(Failure) -> [String] { try LogChain.authenticate(links.map(\.path), keys, job) }

    /// Reads the logs to their ends.
    /// - Returns: what is to be told of those that were not verified.
    /// - Throws: 1529 when one is not what the holder of a key wrote, 1413 where damage keeps it from being verified, 1406 on a Stop.
    static func authenticate(_ paths: [String], _ keys: IntegrityKeys?, _ job: Job) throws(Failure) -> [String] {
        var warnings: [String] = []
        for path in paths {
            if let keys {
                try LogIntegrity.verify(path, keys, job: job)
            } else if let key = try LogReader(path).markedBy() {
                warnings.append(unverified(path, key))
            }
        }
        return warnings
    }

    static func unverified(_ path: String, _ key: [UInt8]) -> String {
        "the log '\(path)' is marked with the integrity key \(Digest.hexadecimal(key)), which was not given: it was not verified"
    }
}

extension LogSession {
    /// The keys of a log that is about to be written. Without one, a log that ends with a mark is left alone: what came behind its mark would
    /// look like somebody else's.
    /// - Throws: 1529 when the log's key is not given, 1512 when the settings, which may name it, cannot be read; as `IntegrityChoice.keys(for:)`.
    static func keys(_ application: Application, _ surroundings: Surroundings, log path: String) throws(Failure) -> IntegrityKeys? {
        if let keys = try surroundings.integrity.keys(for: application) { return keys }
        guard surroundings.integrity.isOfSettings, let reader = try? LogReader(path), let key = try reader.markedBy() else { return nil }
        _ = try BackupSettings.read(application)
        throw Failure(
            .tampered, "the log '\(path)' is marked with the integrity key \(Digest.hexadecimal(key)), which was not given",
            hint: "Give it with --integrity-key FILE or the setting Advanced/IntegrityKey; --integrity-key none goes on without marks.")
    }

    /// The same, without standing in the way of a backup.
    static func keysOrWarning(_ application: Application, _ surroundings: Surroundings) -> (keys: IntegrityKeys?, warning: Failure?) {
        do throws(Failure) { return (try surroundings.integrity.keys(for: application), nil) } catch { return (nil, error) }
    }
}

extension LogStatus {
    /// What the end of the log says. Settings and keys that cannot be read leave it unverified, with the reason.
    mutating func takeIntegrity(_ reader: LogReader, _ application: Application, _ surroundings: Surroundings) throws(Failure) {
        digest = try reader.head().map { Digest.hexadecimal($0.digest) }
        integrityKey = try reader.markedBy().map { Digest.hexadecimal($0) }
        do throws(Failure) {
            if let keys = try surroundings.integrity.keys(for: application) {
                integrityReason = try reader.objection(keys)
                integrity = integrityReason == nil ? .verified : .failed
            } else if let integrityKey {
                integrity = .unverified
                integrityReason = "it is marked with the integrity key \(integrityKey), which was not given"
            }
        } catch {
            integrity = .unverified
            integrityReason = error.description
        }
    }
}
