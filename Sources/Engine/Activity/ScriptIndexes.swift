// What a script does about virtual tables: no statement of a program keeps an index over another table in step where its triggers do not.

import Database
import Vocabulary

/// The end of a script for the virtual tables whose content depends on what it changes.
struct ScriptIndexes {
    private(set) var script = ""
    /// What it cannot do, in words.
    private(set) var warnings: [String] = []

    /// - Parameters:
    ///   - touched: the tables that the script changes, in lower case.
    ///   - isKnown: whether a name, in lower case, is that of a table of the log; what a view shows may have changed with any table.
    init(_ tables: [VirtualTable], _ touched: Set<String>, isKnown: (String) -> Bool) {
        guard !touched.isEmpty else { return }
        for table in tables.sorted(by: { $0.name < $1.name }) {
            if let source = table.source?.lowercased() {
                guard touched.contains(source) || !isKnown(source) else { continue }
                // No line feed of a name may begin a command of the shell, and no name may steer a terminal.
                if OperationWriter.steers(table.name) || table.name.contains("\n") {
                    warn("the index '\(table.name)' is to be built anew")
                } else {
                    let note = SafeText.escaped(source).filter { $0 != "'" }
                    script += table.rebuilding + ";\nINSERT INTO temp.msc_failed SELECT 'index of \(note)' WHERE changes()<>1;\n"
                }
            } else if Self.endings.contains(where: { touched.contains(table.name.lowercased() + $0) }) {
                warn(
                    "the content of the virtual table '\(table.name)' is not made again or taken back by a script: "
                        + "build it anew with its program, or restore it with a backup")
            }
        }
    }

    /// How the tables are called in which SQLite's own modules keep their content.
    private static let endings = [
        "_data", "_idx", "_content", "_docsize", "_config", "_segments", "_segdir", "_stat", "_node", "_rowid", "_parent",
    ]

    private mutating func warn(_ text: String) {
        warnings.append(SafeText.escaped(text))
        script += OperationWriter.comment(text)
    }
}
