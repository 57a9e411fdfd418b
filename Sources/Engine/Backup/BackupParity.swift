// The parity files of a backup set: made from the finished archive and the finished log backup, taken back with them.

import Archive
import FileSystem
import Glibc
import Parity
import Vocabulary

/// Belongs to the backup that runs.
final class BackupParity {
    private let strength: ParityStrength
    private let isChecked: Bool
    private let status: stat
    /// What was written so far.
    private(set) var paths: [String] = []

    /// - Parameter status: of the data file: owner and mode of what is written.
    init(_ settings: BackupSettings, like status: stat) {
        strength = ParityStrength(redundancy: settings.redundancy, interlacing: settings.interlacing)
        isChecked = settings.checksArchive
        var status = status
        status.st_mode &= 0o600
        self.status = status
    }

    /// Removes a parity file that a killed backup left under the name that is used again: it would belong to other bytes.
    func removeStale(of file: String) throws(Failure) {
        do { try Folder.removeFile(ParityFile.path(of: file)) } catch { throw .writing(error) }
    }

    /// Writes the parity file of complete files, and reads it back as the settings say.
    /// - Parameter name: the file, or the archive in one piece that the files are segments of.
    func protect(_ files: [String], as name: String, _ job: Job) throws {
        let path = ParityFile.path(of: name)
        guard try ParityWriter.write(path, protecting: files, strength, like: status, job) != nil else { return }
        paths.append(path)
        guard isChecked, let written = try ParityFile.open(path) else { return }
        let found = try ParityAssessment.of(written, paths: files, job)
        guard found.isSound, found.parity.isEmpty else {
            throw Failure(
                .archiveSaveFailed, "the parity file '\(path)' was not saved as it was written",
                cause: found.isSound ? found.parity.text : "it does not fit the file that it protects",
                hint: "Check the disk that holds it.")
        }
    }
}
