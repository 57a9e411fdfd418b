// Integrates a log for trial into the archive that it follows: the last word on whether it can be integrated.

import Archive
import FileSystem
import LogFile
import Vocabulary

/// `msc log check --base`. Neither the archive nor the log is changed; the scratch folder beside the archive is removed at the end, on a
/// Stop (1406) and on failure too. kill -9 leaves it under a temporary name that the next backup removes.
struct LogRehearsal {
    let log: String
    let archive: String

    /// - Returns: what keeps the log from being integrated; empty when nothing does.
    /// - Throws: 1410 when there is no archive, 1411 when it is damaged, 1416 when it is of another application, 1502 when the log does
    ///   not follow it, 1505 without room for its data, 1406 on a Stop.
    func run(_ job: Job) throws -> [Problem] {
        let reader = try ArchiveReader(path: archive)
        let manifest = try reader.backupManifest()
        guard let item = manifest.items.first(where: { $0.role == .data }) else { throw RestoreDestination.noData(archive) }
        let resolved = Folder.resolved(archive) ?? archive
        let scratch = try Restore.partialFolder(for: resolved + " log check")
        defer { withExtendedLifetime(scratch) {} }
        return try translatingDatabaseErrors {
            var data = try Restore.extractData(item, reader, manifest, to: scratch, way: .intoFolder, job)
            let named = try logs(manifest)
            try data.join(archive, named, job)
            try data.checkOwner(job)
            try data.detach(job)
            guard let (owner, position) = try data.owner(job) else {
                throw Failure(
                    .foreignLog, "the archive '\(archive)' was made without a log",
                    hint: "Name the archive that the log follows: 'msc info' on the log says its number.")
            }
            let chain = try LogChain.named(named, after: position, of: owner, until: nil)
            do { _ = try data.integrate(chain, to: nil, job) } catch let failure as Failure {
                guard [.contentDiffers, .logDamaged].contains(failure.code) else { throw failure }
                return [Problem(where: "integration into '\(archive)'", what: failure.sentence)]
            }
            return []
        }
    }

    /// The log, and before it the segments that were closed since the same backup: beside it, or where the application's logs are.
    private func logs(_ manifest: Manifest) throws(Failure) -> [String] {
        let reader = try LogReader(log)
        guard reader.header.segment > 0 else { return [log] }
        var places = try LogPlaces(archive: archive, manifest)
        places.folders.append(Folder.parent(of: Folder.resolved(log) ?? log))
        let number = reader.header.number
        return try LogChain.leading(to: reader, places).links.filter { $0.header.number == number }.map(\.path)
    }
}
