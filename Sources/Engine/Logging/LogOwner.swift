// Whose log stands at a path, told from what lies beside it. A database and its record may be forged together, with another one's identity:
// then the log's head agrees, and only the other one's own folder tells.

import FileSystem
import Vocabulary

enum LogOwner {
    /// The data file of another database that lies beside this log and keeps it as its own; nil when none does. In the place where this
    /// application keeps its log by itself, none can.
    static func other(of log: String, than application: Application) -> String? {
        guard log != application.defaultJournal else { return nil }
        let folder = Folder.parent(of: log)
        let own = Folder.resolved(application.companion)
        for name in (try? Folder.contents(of: folder)) ?? [] where name.hasSuffix(".msc") {
            let companion = Folder.join(folder, name)
            guard Folder.resolved(companion) != own, let file = (try? ApplicationRecord.read(inCompanion: companion))?.dataFile,
                let other = try? Application(data: Folder.join(folder, file)), Folder.exists(other.data),
                let journal = (try? ApplicationRecord.read(other))?.journal
            else { continue }
            if journal == log || Folder.resolved(journal) == Folder.resolved(log) { return other.data }
        }
        return nil
    }
}
