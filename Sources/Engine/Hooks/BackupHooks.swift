// The hooks around one backup: what they are told, what their answers mean, and their lines in the backup journal.

import FileSystem
import Vocabulary

struct BackupHooks {
    let application: Application
    let surroundings: Surroundings
    let settings: BackupSettings
    /// The number and the archive that the backup is going to have.
    var number: Int?
    var archive = ""

    /// Asks for permission.
    /// - Throws: 1522 when the hook refuses, 1523 when it cannot be asked, 1406 on Stop.
    func startup(_ job: Job) throws(Failure) {
        guard let hook = Hook(.startup, of: application) else { return }
        job.report(Progress(phase: "Asking the hook", subject: hook.path))
        let ending: Hook.Ending
        do { ending = try hook.run([], variables(""), limit: settings.hookTimeLimit, job) } catch {
            note(hook, "failed", nil, error)
            throw error
        }
        note(hook, ending.status == 0 ? "accepted" : "refused", ending, nil)
        if ending.status == 0 { return }
        throw Failure(
            .hookRefused, "the hook '\(hook.path)' refused the backup with status \(ending.status)",
            cause: ending.words.isEmpty ? nil : ending.words, hint: "It decides when backups may be made: see what it looks for.")
    }

    /// Tells how the backup ended. It is told whatever happened, and a Stop does not end it.
    /// - Parameters:
    ///   - status: 0, or the code of the error.
    ///   - archive: of a backup that was made.
    /// - Returns: why it could not be told.
    func shutdown(_ status: Int, archive: String?) -> Failure? {
        guard let hook = Hook(.shutdown, of: application) else { return nil }
        var told = self
        told.archive = archive ?? ""
        do {
            let ending = try hook.run([String(status)], told.variables(String(status)), limit: settings.hookTimeLimit, nil)
            note(hook, ending.status == 0 ? "told" : "ended with status \(ending.status)", ending, nil)
            return nil
        } catch {
            note(hook, "failed", nil, error)
            return error
        }
    }

    private func variables(_ status: String) -> [(String, String)] {
        [
            ("MSC_DATA", application.data), ("MSC_BACKUP_NUMBER", number.map(String.init) ?? ""), ("MSC_ARCHIVE", archive),
            ("MSC_STATUS", status),
        ]
    }

    private func note(_ hook: Hook, _ status: String, _ ending: Hook.Ending?, _ failure: Failure?) {
        var line = JournalLine(.hook, at: surroundings.now())
        line.number = number
        line.status = status
        line.path = hook.path
        line.seconds = ending?.seconds
        line.error = failure
        line.detail = ending?.words ?? ""
        // The journal is for people: what cannot be written there changes nothing.
        _ = BackupJournal(folder: application.logsFolder, isVerbose: settings.journalIsVerbose).record(line)
    }
}
