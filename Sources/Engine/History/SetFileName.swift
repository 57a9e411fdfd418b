// The names of archives and log backups, read strictly: numbering (invariant I7) and rebuilding work from them.

import FileSystem

/// `NAME[0006].4BK`, `NAME[0006-0001].4BK` or `NAME[0005].4BL`, taken apart.
struct SetFileName: Equatable {
    enum Kind: String { case archive = "4BK", log = "4BL" }

    var kind: Kind
    /// The number in the name.
    var number: Int
    /// From 1; nil for a file that is not a segment.
    var segment: Int?

    /// The highest backup number that this file's existence proves to be used: backup n writes `[n].4BK`, and the log
    /// that ran before it as `[n-1].4BL`.
    var backup: Int { kind == .log ? number + 1 : number }

    /// Takes apart a file name without folder; nil when it is not exactly what this program writes for the application
    /// `name`: other cases, fewer or more digits than needed, blanks and temporary names are not.
    init?(_ file: String, of name: String) {
        let bytes = Array(file.utf8)
        let stem = Array("\(name)[".utf8)
        // Bytes, not characters: canonically equal names are different files.
        guard bytes.starts(with: stem), let rest = String(validating: bytes[stem.count...], as: UTF8.self) else { return nil }
        for kind in [Kind.archive, .log] where rest.hasSuffix("].\(kind.rawValue)") {
            let numbers = rest.dropLast(kind.rawValue.count + 2).split(separator: "-", omittingEmptySubsequences: false)
            guard (1...2).contains(numbers.count), let number = SetFileName.number(numbers[0]) else { return nil }
            self.kind = kind
            self.number = number
            guard numbers.count == 2 else { return }
            guard let segment = SetFileName.number(numbers[1]), segment > 0 else { return nil }
            self.segment = segment
            return
        }
        return nil
    }

    /// Four digits; more only where four do not suffice, and at most nine.
    private static func number(_ digits: Substring) -> Int? {
        guard (4...9).contains(digits.utf8.count), digits.utf8.allSatisfy({ (48...57).contains($0) }),
            digits.utf8.count == 4 || digits.first != "0"
        else { return nil }
        return Int(digits)
    }

    /// The path of the n-th segment of an archive, from the path of its first: `[0006-0001].4BK` to `[0006-0002].4BK`.
    /// The path itself when it is not that of a first segment.
    static func segment(_ number: Int, of first: String) -> String {
        let end = "-0001].4BK"
        guard first.hasSuffix(end) else { return first }
        return first.dropLast(end.count) + "-\(Application.padded(number))].4BK"
    }
}
