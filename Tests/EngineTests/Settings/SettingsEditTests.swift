import FileSystem
import FoundationEssentials
import Glibc
import Testing
import Vocabulary

@testable import Engine

@Suite("Changing a setting")
struct SettingsEditTests {
    let scratch: ScratchApplication

    init() throws {
        scratch = try ScratchApplication()
        try scratch.application.createFolders()
    }

    private func key(_ path: String) throws -> SettingKey { try #require(BackupSettings.key(path)) }

    private func put(_ text: String) throws { try Publication.write(Array(text.utf8), to: scratch.application.settingsFile) }

    private func text() throws -> String { try ScratchApplication.read(scratch.application.settingsFile) }

    private func change(_ path: String, _ values: String...) throws {
        try BackupSettings.change(try key(path), to: values, of: scratch.application)
    }

    static let foreign = """
        <?xml version="1.0" encoding="UTF-8" standalone="no" ?>
        <!-- made by hand -->
        <Preferences4D xmlns="http://www.4d.com/namespace/reserved/2004/backup">
          <Backup>
            <DataBase><LastBackupDate><Item1>2026-01-01</Item1></LastBackupDate></DataBase>
            <Settings>
              <Advanced note="a > b">
                <!-- three were too few -->
                <SetNumber><Enable>True</Enable><Value>7<!-- weeks --></Value></SetNumber>
                <AutomaticRestart>True</AutomaticRestart>
                <CompressionRate/>
              </Advanced>
              <General>
                <IncludesFiles>
                  <!-- uploads -->
                  <ItemsCount>2</ItemsCount>
                  <Item1><![CDATA[/srv/a & b]]></Item1>
                  <Item2>/srv/b</Item2>
                </IncludesFiles>
              </General>
            </Settings>
          </Backup>
        </Preferences4D>

        """

    @Test("bytes that are no whole document have no places", arguments: ["", "<a>", "<a><b></b>", "<a", "<a b='>", "<!-- a", "<?xml", "<a><![CDATA[x</a>"])
    func torn(text: String) { #expect(ElementPlace.root(of: Array(text.utf8)) == nil) }

    @Test("only the bytes of the value change: unknown keys, comments and layout stay")
    func small() throws {
        try put(SettingsEditTests.foreign)
        try change("Advanced/SetNumber/Value", "12")
        #expect(try text() == SettingsEditTests.foreign.replacing("7<!-- weeks -->", with: "12<!-- weeks -->"))
        try change("Advanced/SetNumber/Value", "7")
        #expect(try text() == SettingsEditTests.foreign)
        try change("Advanced/CompressionRate", "Compact")
        #expect(try text() == SettingsEditTests.foreign.replacing("<CompressionRate/>", with: "<CompressionRate>Compact</CompressionRate>"))
    }

    @Test("a missing key is added where it belongs, and taken out again")
    func addAndRemove() throws {
        try put(SettingsEditTests.foreign)
        try change("Scheduler/Weekly/Monday/Hour", "21:00")
        #expect(try text() == SettingsEditTests.foreign.replacing("      </General>\n", with: """
                  </General>
                  <Scheduler>
                    <Weekly>
                      <Monday>
                        <Hour>0000-00-00T21:00:00</Hour>
                      </Monday>
                    </Weekly>
                  </Scheduler>

            """))
        try change("General/DestinationFolder", "/backups/größe & <x>")
        #expect(try BackupSettings.read(scratch.application).destinationFolder == "/backups/größe & <x>")
        #expect(try text().contains("        </IncludesFiles>\n        <DestinationFolder>/backups/größe &amp; &lt;x&gt;</DestinationFolder>\n"))
        try BackupSettings.change(try key("General/DestinationFolder"), to: nil, of: scratch.application)
        try BackupSettings.change(try key("Scheduler/Weekly/Monday/Hour"), to: nil, of: scratch.application)
        try BackupSettings.change(try key("Scheduler/Daily/Hour"), to: nil, of: scratch.application)
        #expect(try BackupSettings.read(scratch.application).destinationFolder == "")
        #expect(try !text().contains("Hour") && text().contains("<!-- uploads -->"))
    }

    @Test("lists change their items and their count")
    func lists() throws {
        try put(SettingsEditTests.foreign)
        try change("General/IncludesFiles", "/x", "./y", "/z<")
        #expect(try BackupSettings.read(scratch.application).attachments == ["/x", "./y", "/z<"])
        #expect(try text().contains("""
                    <IncludesFiles>
                      <!-- uploads -->
                      <ItemsCount>3</ItemsCount>
                      <Item1>/x</Item1>
                      <Item2>./y</Item2>
                      <Item3>/z&lt;</Item3>
                    </IncludesFiles>

            """))
        try change("General/StructureFiles", "/app")
        try BackupSettings.change(try key("General/IncludesFiles"), to: [], of: scratch.application)
        let settings = try BackupSettings.read(scratch.application)
        #expect(settings.attachments == [] && settings.structureFiles == ["/app"] && settings.setsKept == 7)
        #expect(try text().contains("<!-- uploads -->"))
    }

    @Test("files on one line, with a prefix, or with nothing in them are changed as they are written", arguments: [
        #"<p:Preferences4D xmlns:p="http://www.4d.com/namespace/reserved/2004/backup"><p:Backup/></p:Preferences4D>"#,
        #"<Preferences4D xmlns="http://www.4d.com/namespace/reserved/2004/backup"/>"#,
        #"<Preferences4D xmlns="http://www.4d.com/namespace/reserved/2004/backup"><Backup><Settings><Advanced></Advanced></Settings></Backup></Preferences4D>"#,
        "<Preferences4D xmlns='http://www.4d.com/namespace/reserved/2004/backup'>\r\n  <Backup>\r\n  </Backup>\r\n</Preferences4D>\r\n",
    ])
    func forms(text: String) throws {
        try put(text)
        for key in BackupSettings.keys {
            let values = key.isList ? ["/a", "/b"] : key.texts(in: BackupSettings())
            try BackupSettings.change(key, to: values, of: scratch.application)
            #expect(try SettingReading.of(key, scratch.application).texts == values, "\(key.path)")
        }
        if text.contains("p:Backup") { #expect(try self.text().contains("<p:SetNumber>") && !self.text().contains("<SetNumber>")) }
        for key in BackupSettings.keys { try BackupSettings.change(key, to: nil, of: scratch.application) }
        #expect(try BackupSettings.read(scratch.application) == BackupSettings())
    }

    @Test("a value that is not accepted, and a file that is not well-formed, leave the file as it is")
    func refused() throws {
        try put(SettingsEditTests.foreign)
        #expect(throws: Failure.self) { try change("Advanced/SetNumber/Value", "0") }
        #expect(throws: Failure.self) { try change("Advanced/SetNumber/Value", "1", "2") }
        #expect(throws: Failure.self) { try change("General/DestinationFolder", "relative") }
        #expect(try text() == SettingsEditTests.foreign)
        try put("<nothing/>")
        #expect(throws: Failure.self) { try change("Advanced/SetNumber/Value", "4") }
        #expect(try text() == "<nothing/>")
        // A section that stands there twice: the key could end up twice.
        let twice = SettingsEditTests.foreign.replacing("      <General>", with: "      <General/>\n      <General>")
        try put(twice)
        #expect(throws: Failure.self) { try change("General/IncludesFiles", "/x") }
        #expect(try text() == twice)
    }

    @Test("a bad value is repaired by writing a good one")
    func repair() throws {
        try put(SettingsEditTests.foreign.replacing(">7<", with: ">none<").replacing("<ItemsCount>2<", with: "<ItemsCount>5<"))
        try change("Advanced/SetNumber/Value", "4")
        #expect(throws: Failure.self) { try BackupSettings.read(scratch.application) }
        try change("General/IncludesFiles", "/x")
        #expect(try BackupSettings.read(scratch.application).setsKept == 4)
    }

    @Test("without a file the whole of it is made, with the defaults and the change; its mode stays")
    func fresh() throws {
        try change("Advanced/SetNumber/Value", "4")
        var expected = BackupSettings()
        expected.setsKept = 4
        #expect(try BackupSettings.read(scratch.application) == expected)
        chmod(scratch.application.settingsFile, 0o640)
        try change("Advanced/SetNumber/Value", "5")
        #expect(Folder.status(of: scratch.application.settingsFile)?.st_mode ?? 0 & 0o777 == 0o100640)
    }

    @Test("editors at once never lose each other's keys")
    func together() async throws {
        let application = scratch.application
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (path, value) in [
                ("Advanced/SetNumber/Value", "17"), ("Advanced/OutboxLimit", "18"), ("Advanced/ReloadLimit", "19"), ("General/DestinationFolder", "/x"),
            ] {
                let key = try key(path)
                group.addTask {
                    for _ in 0..<10 { try BackupSettings.change(key, to: [value], of: application) }
                }
            }
            try await group.waitForAll()
        }
        let settings = try BackupSettings.read(application)
        #expect(settings.setsKept == 17 && settings.outboxLimitMegabytes == 18 && settings.reloadLimit == 19 && settings.destinationFolder == "/x")
    }

    @Test("I3: whichever call fails, the file is the old or the new one, and whole")
    func everyFault() throws {
        let met = try withEveryFault(below: scratch.folder) { fault, end in
            try put(SettingsEditTests.foreign)
            fault()
            let failure = Result { try change("Advanced/SetNumber/Value", "12") }
            let met = end()
            let value = try BackupSettings.read(scratch.application).setsKept
            if case .success = failure { #expect(value == 12) } else { #expect(met && (value == 7 || value == 12)) }
            #expect(try text().contains("<!-- weeks -->"))
        }
        #expect(met >= 4)
    }

    @Test("a key is named by its path, or by an end of it that is its own")
    func names() throws {
        #expect(try BackupSettings.key(named: "Scheduler/Frequency").path == "Scheduler/Frequency")
        #expect(try BackupSettings.key(named: "frequency").path == "Scheduler/Frequency")
        #expect(try BackupSettings.key(named: "setnumber/value").path == "Advanced/SetNumber/Value")
        for name in ["Every", "nothing", "", "AutomaticRestart", "umber/Value"] {
            #expect(throws: Failure.self) { try BackupSettings.key(named: name) }
        }
    }
}
