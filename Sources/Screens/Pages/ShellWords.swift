// The command line that does what a dialog is about to do, written so that it can be pasted into a shell.

enum ShellWords {
    /// Words joined by blanks, quoted where a shell would take them apart.
    static func line(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

    static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.unicodeScalars.allSatisfy { scalar in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "/", ".", "-", "_", "=", ":", ",", "+", "@", "%": true
            default: false
            }
        }
        return isPlain ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
