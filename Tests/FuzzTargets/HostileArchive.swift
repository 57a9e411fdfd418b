// Makes archives that are whole by every checksum and digest and mean harm: names that lead elsewhere, sizes that lie, names given
// twice, numbers at their bounds. docs/formats/4bk.md tells the form.

import FileSystem

struct HostileArchive {
    private var choices: Choices
    /// A database that an archive may hold, with capture in it.
    private let database: [UInt8]
    /// Where paths of the manifest lead: nothing may be written there.
    private let elsewhere: String
    private var archive: [UInt8] = []
    private var directory: [UInt8] = []
    private var entries: UInt16 = 0
    private var items: [String] = []

    static func encode(_ bytes: [UInt8], database: [UInt8], elsewhere: String) -> [UInt8] {
        var made = HostileArchive(choices: Choices(bytes), database: database, elsewhere: elsewhere)
        for _ in 0..<made.choices.below(4) { made.addItem() }
        made.add("manifest.json", Array(made.manifest().utf8))
        if made.choices.once(in: 12) { made.add("manifest.json", Array(made.manifest().utf8)) }
        return made.finished()
    }

    private init(choices: Choices, database: [UInt8], elsewhere: String) {
        self.choices = choices
        self.database = database
        self.elsewhere = elsewhere
    }

    private mutating func addItem() {
        let role = choices.one(of: ["data", "data", "attachment", "settings", "structure", "other"])
        let folder = choices.one(of: ["Data/", "Data/", "Attachments/", "Settings/", "", "../", "/", "Other/"])
        let name = folder + choices.one(of: ["x.db", "x.db", "a", choices.text(), String(repeating: "d/", count: 120) + "e"])
        let content: [UInt8] = choices.one(of: [database, database, [], Array("SQLite format 3\u{0}".utf8), Array(database.prefix(5000)), [1, 2, 3]])
        add(name, content)
        var fields = [
            "\"role\":\(HostileArchive.quoted(role))", "\"entryName\":\(HostileArchive.quoted(choices.once(in: 8) ? choices.text() : name))",
            "\"originalPath\":\(HostileArchive.quoted(elsewhere + "/" + choices.text()))", "\"size\":\(choices.number(UInt64(content.count)))",
            "\"modified\":\(choices.number(Int64(1_700_000_000_000), lying: 4))", "\"mode\":\(choices.number(UInt32(0o600), lying: 4))",
            "\"sha256\":\"\(content.withUnsafeBytes { Digest.of($0) }.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())\"",
        ]
        if choices.once(in: 4) {
            fields.append(
                "\"pieces\":{\"size\":\(choices.number(UInt64(65536), lying: 3)),\"ends\":[\(choices.number(UInt64(content.count), lying: 3))],"
                    + "\"checksums\":[\(content.checksum)]}")
        }
        items.append("{\(fields.joined(separator: ","))}")
    }

    private mutating func manifest() -> String {
        if choices.once(in: 20) { return "{\"items\":" + String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000) + "}" }
        if choices.once(in: 12), let item = items.first { items += [String](repeating: item, count: 1 + choices.below(200)) }
        let identity = choices.one(of: ["00010203-0405-0607-0809-0a0b0c0d0e0f", "10111213-1415-1617-1819-1a1b1c1d1e1f", "", choices.text()])
        let chain = choices.one(of: ["10111213-1415-1617-1819-1a1b1c1d1e1f", "", choices.text()])
        let encoding = choices.one(of: ["UTF-8", choices.text()])
        func text(_ name: String, _ text: String) -> String { "\"\(name)\":\(HostileArchive.quoted(text))" }
        let log = HostileArchive.quoted(elsewhere + "/x.journal")
        let folders = "[\(HostileArchive.quoted(elsewhere))]"
        let fields = [
            "\"formatVersion\":\(choices.number(1))", text("application", identity), text("applicationName", choices.text()),
            "\"backupNumber\":\(choices.number(UInt64(1), lying: 4))", text("chain", chain),
            "\"lastOperation\":\(choices.number(UInt64(0), lying: 3))", "\"position\":\(choices.number(Int64(0), lying: 3))",
            "\"startTime\":\(choices.number(Int64(1_700_000_000_000), lying: 3))",
            "\"endTime\":\(choices.number(Int64(1_700_000_000_000), lying: 3))",
            text("programVersion", choices.text()), text("textEncoding", encoding),
            "\"places\":{\"log\":\(log),\"logFolders\":\(folders),\"destinations\":\(folders)}",
            "\"properties\":{\(text(choices.one(of: ["condition", "x"]), choices.text()))}", "\"items\":[\(items.joined(separator: ","))]",
        ]
        return "{\(fields.joined(separator: ","))}"
    }

    /// JSON has an escape for everything below the space.
    private static func quoted(_ text: String) -> String {
        "\"" + text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case _ where scalar.value < 0x20: "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: String(scalar)
            }
        }.joined() + "\""
    }

    /// An entry, stored as it is.
    private mutating func add(_ name: String, _ content: [UInt8]) {
        let offset = UInt32(archive.count)
        let size = choices.number(UInt32(content.count), lying: 60)
        var common: [UInt8] = []
        common.append(little: UInt16(0))
        common.append(little: UInt16(0))
        common.append(little: UInt32(0))
        common.append(little: content.checksum)
        common.append(little: size)
        common.append(little: choices.number(size, lying: 60))
        common.append(little: UInt16(name.utf8.count))
        common.append(little: UInt16(0))
        archive.append(little: UInt32(0x0403_4b50))
        archive.append(little: UInt16(20))
        archive += common + Array(name.utf8) + content
        directory.append(little: UInt32(0x0201_4b50))
        directory.append(little: UInt16(0x0314))
        directory.append(little: UInt16(20))
        directory += common
        directory.append(little: UInt16(0))
        directory.append(little: UInt16(0))
        directory.append(little: UInt16(0))
        directory.append(little: choices.one(of: [UInt32(0o100600), 0o100600, 0o104755, 0o120777, 0o020666, 0o010666, 0o040755]) << 16)
        directory.append(little: choices.number(offset, lying: 60))
        directory += Array(name.utf8)
        entries += 1
    }

    private mutating func finished() -> [UInt8] {
        var end: [UInt8] = []
        end.append(little: UInt32(0x0605_4b50))
        end.append(little: UInt32(0))
        end.append(little: choices.number(entries, lying: 60))
        end.append(little: choices.number(entries, lying: 60))
        end.append(little: choices.number(UInt32(directory.count), lying: 60))
        end.append(little: choices.number(UInt32(archive.count), lying: 60))
        end.append(little: UInt16(0))
        return archive + directory + end
    }
}
