// What an entry may be called. The writer and the reader ask the same question, so no archive is made that would be refused.

/// Names of entries below an archive's root, parts separated by `/`.
public enum EntryName {
    static let manifest = "manifest.json"

    /// A file's name as the part of an entry's name: a backslash, which ZIP programs take for a separator, becomes a low line. The
    /// manifest tells the name that the file has.
    public static func acceptable(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { $0 == "\\" ? "_" : $0 }))
    }

    /// Why an item with this role cannot have this name: each role has a folder of its own in the archive; nil when it can.
    static func objection(to name: String, as role: Manifest.Role) -> String? {
        // Bytes: a name may begin with a mark that joins the separator before it.
        guard name.utf8.starts(with: Array("\(role.folder)/".utf8)) else { return "an item of the kind '\(role.rawValue)' lies in '\(role.folder)/'" }
        if role == .data, name.utf8.count(where: { $0 == UInt8(ascii: "/") }) > 1 { return "the data file lies in no folder below 'Data/'" }
        return nil
    }

    /// Why a file with this name must not be written below a folder; nil when it may.
    public static func objection(to name: String) -> String? {
        let bytes = name.utf8
        if bytes.isEmpty { return "its name is empty" }
        if bytes.count > 4096 { return "its name is longer than 4096 bytes" }
        if bytes.first == UInt8(ascii: "/") { return "its name is absolute" }
        if bytes.contains(0) { return "its name contains a zero byte" }
        if bytes.contains(UInt8(ascii: "\\")) { return "its name contains a backslash" }
        if bytes.last == UInt8(ascii: "/") { return "it is a folder" }
        for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            if part.isEmpty || part.elementsEqual([UInt8(ascii: ".")]) { return "its name contains an empty part" }
            if part.elementsEqual([UInt8(ascii: "."), UInt8(ascii: ".")]) { return "its name contains '..'" }
            if part.count > 255 { return "a part of its name is longer than 255 bytes" }
        }
        return nil
    }
}
