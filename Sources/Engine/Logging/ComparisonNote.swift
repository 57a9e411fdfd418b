// Tells other processes that the log went on while nobody compared virtual tables with what it has of them.

import FileSystem

/// A file in the companion folder that is there while the newest operations of the log may lie behind the content of virtual tables. Without
/// it, each drain has compared.
struct ComparisonNote {
    private let path: String

    init(_ application: Application) { path = Folder.join(application.companion, "compared") }

    /// The data's clock when the content was last what the log has.
    func read() -> Int64? {
        guard Folder.exists(path) else { return nil }
        return (try? File.contents(of: path, atMost: 64)).flatMap { Int64(String(decoding: $0, as: UTF8.self)) } ?? 0
    }

    /// The older word counts. Where none can be written, a point may go without its warning, but not the drain.
    func write(_ position: Int64) {
        guard !Folder.exists(path) else { return }
        try? Publication.write(Array(String(position).utf8), to: path)
    }

    /// One that stays costs a warning too many.
    func remove() { if Folder.exists(path) { try? Folder.removeFile(path) } }
}
