import Engine
import FileSystem
import FoundationEssentials
import Testing
import Vocabulary

@Suite("The settings file")
struct SettingsFileTests {
    let scratch: ScratchApplication

    init() throws { scratch = try ScratchApplication() }

    /// Reads a file that holds `body` below `Backup/Settings`.
    private func read(_ body: String) throws -> BackupSettings {
        try readWhole(
            """
            <?xml version="1.0" encoding="UTF-8" standalone="no" ?>
            <Preferences4D xmlns="http://www.4d.com/namespace/reserved/2004/backup"><Backup><Settings>
            \(body)
            </Settings></Backup></Preferences4D>
            """)
    }

    private func readWhole(_ text: String) throws -> BackupSettings {
        try scratch.application.createFolders()
        try Publication.write(Array(text.utf8), to: scratch.application.settingsFile)
        return try BackupSettings.read(scratch.application)
    }

    private func failure(_ body: () throws -> BackupSettings) -> Failure? {
        do { return (try body(), nil).1 } catch { return error as? Failure }
    }

    @Test("without a file all settings are the defaults")
    func missing() throws {
        #expect(try BackupSettings.read(scratch.application) == BackupSettings())
    }

    @Test("a file made by 4D is read: its keys are taken, the unknown ones passed over")
    func read4D() throws {
        let settings = try read(
            """
            <Scheduler><Frequency>Daily</Frequency><Daily><Every>1</Every><Hour>0000-00-00T21:00:00</Hour></Daily></Scheduler>
            <General><IncludeDataFile>True</IncludeDataFile><IncludeStructureFile>False</IncludeStructureFile>
            <IncludeAltStructFile>False</IncludeAltStructFile><DestinationFolder>/backups/größe &amp; &lt;x&gt;/</DestinationFolder>
            <IncludesFiles><ItemsCount>2</ItemsCount><Item1>./uploads/</Item1><Item2><![CDATA[/etc/a & b]]></Item2></IncludesFiles></General>
            <Advanced><CompressionRate>Compact</CompressionRate><Redundancy>None</Redundancy>
            <SetNumber><Enable>true</Enable><Value> 7 </Value></SetNumber>
            <Transaction><Timeout>0000-00-00T01:02:03</Timeout></Transaction>
            <FileSegmentation><DefaultSize>2048</DefaultSize></FileSegmentation></Advanced>
            """)
        var expected = BackupSettings()
        expected.scheduler.frequency = .daily
        expected.scheduler.daysTime = 21 * 3600
        expected.includesStructure = false
        expected.destinationFolder = "/backups/größe & <x>/"
        expected.attachments = ["./uploads/", "/etc/a & b"]
        expected.compression = .compact
        expected.setsKept = 7
        expected.transactionTimeout = 3723
        expected.segmentMegabytes = 2048
        #expect(settings == expected)
        #expect(settings.destination(of: scratch.application) == "/backups/größe & <x>")
        #expect(settings.attachmentPaths(of: scratch.application) == ["\(scratch.application.folder)/uploads", "/etc/a & b"])
    }

    @Test("paths count from the data file's folder")
    func paths() throws {
        var settings = BackupSettings()
        let folder = scratch.application.folder
        #expect(settings.destination(of: scratch.application) == "\(folder)/SampleDB.msc/Backups")
        for (written, meant) in [
            ("./b", "\(folder)/b"), (".", folder), ("./", folder), (".//b//", "\(folder)/b"), ("../b", "\(folder)/../b"), ("/", "/"),
        ] {
            settings.destinationFolder = written
            // What is there goes by its name without links and dots.
            #expect(settings.destination(of: scratch.application) == Folder.resolved(meant) ?? meant, "\(written)")
        }
    }

    @Test("a value that is not accepted is refused with key, value and what is accepted", arguments: [
        ("<General><IncludeDataFile>Yes</IncludeDataFile></General>", "General/IncludeDataFile", "'Yes'", "True or False"),
        ("<Advanced><SetNumber><Value>0</Value></SetNumber></Advanced>", "Advanced/SetNumber/Value", "'0'", "from 1 to 100000"),
        ("<Advanced><SetNumber><Value>99999999999999999999</Value></SetNumber></Advanced>", "Advanced/SetNumber/Value", "'9999", "from 1 to"),
        ("<Advanced><CompressionRate>Best</CompressionRate></Advanced>", "Advanced/CompressionRate", "'Best'", "None, Fast, Compact"),
        ("<Advanced><FileSegmentation><DefaultSize>2049</DefaultSize></FileSegmentation></Advanced>", "DefaultSize", "'2049'", "0 to 2048"),
        ("<Advanced><Transaction><Timeout>60</Timeout></Transaction></Advanced>", "Timeout", "'60'", "a time from"),
        ("<Advanced><Transaction><Timeout>0000-00-00T24:00:00</Timeout></Transaction></Advanced>", "Timeout", "T24:", "23:59:59"),
        ("<General><DestinationFolder>backups</DestinationFolder></General>", "DestinationFolder", "'backups'", "absolute path"),
        ("<General><IncludesFiles><ItemsCount>1</ItemsCount><Item1>x</Item1></IncludesFiles></General>", "IncludesFiles", "'x'", "absolute"),
        ("<General><IncludesFiles><ItemsCount>1</ItemsCount><Item1/></IncludesFiles></General>", "IncludesFiles", "''", "absolute"),
        ("<General><IncludesFiles><ItemsCount>2</ItemsCount><Item1>/x</Item1></IncludesFiles></General>", "IncludesFiles", "1 items", "ItemsCount"),
        ("<General><IncludesFiles><Item1>/x</Item1></IncludesFiles></General>", "IncludesFiles", "1 items", "ItemsCount"),
        ("<General><IncludesFiles><ItemsCount>-1</ItemsCount></IncludesFiles></General>", "IncludesFiles", "'-1'", "ItemsCount"),
        ("<General><IncludesFiles><ItemsCount>1</ItemsCount><Item2>/x</Item2></IncludesFiles></General>", "IncludesFiles", "no 'Item1'", "Item1"),
    ])
    func refused(body: String, key: String, value: String, accepted: String) throws {
        let found = try #require(failure { try read(body) })
        #expect(found.code == .badSetting)
        #expect(found.message.contains(key) && found.message.contains(value), "\(found)")
        #expect(found.message.contains(scratch.application.settingsFile))
        #expect(found.hint.contains(accepted), "\(found)")
    }

    static let root = #"<Preferences4D xmlns="http://www.4d.com/namespace/reserved/2004/backup">"#

    @Test("a file that is not well-formed is refused, never half read", arguments: [
        "", " ", "no XML", "<Preferences4D><Backup></Preferences4D>", "\(root)<Backup></Preferences4D>",
        "\(root)</Preferences4D><more/>", "\(root)<Backup>", "<Preferences4D/>", "<Other/>",
        "\(root)<Backup><Settings><General><IncludeDataFile>&nothing;</IncludeDataFile></General></Settings></Backup></Preferences4D>",
        "\(root)<a>1</a><a>2</a></Preferences4D>", "\(root)\u{1}</Preferences4D>",
        "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>\(root)<a>&e;</a></Preferences4D>",
        "<?xml version=\"1.0\" encoding=\"UTF-7\"?>\(root)</Preferences4D>",
        "\(root)<x:a>1</x:a></Preferences4D>", "\(root)<a x:b=\"1\">1</a></Preferences4D>", "\(root)<a xmlns:x=\"\"><x:b/></a></Preferences4D>",
        "\(root)<a xmlns:x=\"u\"/><x:b/></Preferences4D>", "\(root)<x:y:a xmlns:x=\"u\"/></Preferences4D>",
        "<?x?>", "<?xm?>v", "<?xml?>\(root)</Preferences4D>", "<?x?>\(root)</Preferences4D>", "\(root)<?x?></Preferences4D>",
        "<?xml version=\"1.0\"?>\(root)<?x?></Preferences4D>", "\u{feff}<?x?>\(root)</Preferences4D>", "\(root)</Preferences4D><?x?>",
        root + String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40) + "</Preferences4D>",
    ])
    func malformed(text: String) throws {
        try expectRefused(text)
    }

    @Test("a file nested without end is refused") func nested() throws {
        try expectRefused(Self.root + String(repeating: "<a>", count: 100_000))
    }

    private func expectRefused(_ text: String) throws {
        let found = try #require(failure { try readWhole(text) })
        #expect(found.code == .badSetting)
        #expect(found.message.contains(scratch.application.settingsFile))
    }

    @Test("declarations, empty sections and comments, and a mark of the byte order are read", arguments: [
        "<?xml version=\"1.0\"?>%", "<?xml\tversion=\"1.0\" encoding=\"utf-8\"?>\r\n%", "\u{feff}<?xml version=\"1.0\"?>%", "<!---->%", "\u{feff}%",
    ])
    func wellFormed(text: String) throws {
        let body = "\(Self.root)<!----><Backup><Settings><General><DestinationFolder><![CDATA[]]>/b</DestinationFolder></General></Settings></Backup></Preferences4D>"
        #expect(try readWhole(text.replacing("%", with: body)).destinationFolder == "/b")
    }

    @Test("the reason is told", arguments: [
        ("<Other/>", "its root element is not Preferences4D"), ("\(root)\n<a></Preferences4D>", "line 2 is not well-formed XML"),
        ("\(root)<a>1</a><a>2</a></Preferences4D>", "the element 'a' stands there twice"), ("", "it is empty"),
    ])
    func reason(text: String, reason: String) throws {
        #expect(try #require(failure { try readWhole(text) }).message.contains(reason))
    }

    @Test("bytes that are not UTF-8 and a file of more than 1 MiB are refused")
    func notText() throws {
        try scratch.application.createFolders()
        try Publication.write([0xff, 0xfe, 0x3c, 0], to: scratch.application.settingsFile)
        #expect(failure { try BackupSettings.read(scratch.application) }?.code == .badSetting)
        try Publication.write([UInt8](repeating: 32, count: 1 << 20 + 1), to: scratch.application.settingsFile)
        #expect(failure { try BackupSettings.read(scratch.application) }?.code == .readFailed)
    }

    @Test("every prefix of a file is refused, except one that lacks only the last line end")
    func truncation() throws {
        try BackupSettings.createDefault(scratch.application)
        let bytes = try File.contents(of: scratch.application.settingsFile, atMost: 1 << 20)
        for length in stride(from: 0, to: bytes.count - 1, by: 7) {
            try Publication.write(Array(bytes[..<length]), to: scratch.application.settingsFile)
            #expect(failure { try BackupSettings.read(scratch.application) }?.code == .badSetting)
        }
    }

    @Test("a folder in the file's place is an error, not the defaults")
    func unreadable() throws {
        try Folder.create(scratch.application.settingsFile)
        #expect(failure { try BackupSettings.read(scratch.application) }?.code == .readFailed)
    }

    @Test("the default file reads as the defaults, and a file that is there is never touched")
    func create() throws {
        #expect(try BackupSettings.createDefault(scratch.application))
        #expect(try BackupSettings.read(scratch.application) == BackupSettings())
        let text = try ScratchApplication.read(scratch.application.settingsFile)
        #expect(text.contains("\n        <DestinationFolder></DestinationFolder>\n        <IncludesFiles>\n          <ItemsCount>0</ItemsCount>\n"))
        #expect(text.contains("<Timeout>0000-00-00T00:01:00</Timeout>"))
        try Publication.write(Array("mine".utf8), to: scratch.application.settingsFile)
        #expect(try !BackupSettings.createDefault(scratch.application))
        #expect(try ScratchApplication.read(scratch.application.settingsFile) == "mine")
    }
}
