// Where the logs of an application can be: beside an archive, in the destinations that backups used, in the log's own folder.

import Archive
import FileSystem
import Vocabulary

struct LogPlaces {
    /// Folders to look through.
    var folders: [String]
    /// Logs known by name.
    var files: [String] = []

    init(_ application: Application) throws(Failure) {
        folders = [application.defaultDestination, application.folder]
        guard let record = try ApplicationRecord.read(application) else { return }
        folders += record.destinations
        // Where a log stood before it was stopped, or begun elsewhere.
        folders += (record.logFolders ?? []).map(\.path)
        if let journal = record.journal {
            files.append(journal)
            folders.append(Folder.parent(of: journal))
        }
    }

    /// The places that an archive points to: its own folder, those of its application where that is still there, and those where it was
    /// when the archive was made. A log that the application's record names counts; without a record, the one that the archive names.
    init(archive: String, _ manifest: Manifest) throws(Failure) {
        folders = []
        let data = ArchiveHome.data(of: archive, manifest)
        var isKnown = false
        if let data, let application = try? Application(data: data) {
            self = try LogPlaces(application)
            isKnown = try ApplicationRecord.read(application)?.application == manifest.application
        }
        folders.insert(Folder.parent(of: Folder.resolved(archive) ?? archive), at: 0)
        let former = manifest.items.first { $0.role == .data }.map { Folder.parent(of: $0.originalPath) }
        let now = data.map { Folder.parent(of: $0) }
        folders += [now, former].compactMap { $0 }
        // An archive made without a log does not know of the one that began on its data.
        let begun = LogBase.logs(begunOn: archive, manifest)
        if !isKnown { files += begun }
        folders += begun.map { Folder.parent(of: $0) }
        guard let places = manifest.places, let former, let now else { return }
        let place = { (path: String) in Application.relocated(path, from: former, to: now) }
        folders += (places.destinations + places.logFolders).map(place)
        if let log = places.log.map(place) {
            folders.append(Folder.parent(of: log))
            if !isKnown { files.append(log) }
        }
    }

    /// Names a log that only the data themselves know of, as an archive of an older version leaves it.
    mutating func add(log: String) {
        guard files.isEmpty, !log.isEmpty else { return }
        files.append(log)
        folders.append(Folder.parent(of: log))
    }
}
