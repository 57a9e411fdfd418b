import Testing

@testable import Engine

@Suite("Names of set files")
struct SetFileNameTests {
    @Test("what this program writes is taken apart")
    func accepted() {
        let archive = SetFileName("Sample DB[0006].4BK", of: "Sample DB")
        #expect(archive?.kind == .archive && archive?.number == 6 && archive?.segment == nil && archive?.backup == 6)
        let segment = SetFileName("a[b][0006-0012].4BK", of: "a[b]")
        #expect(segment?.number == 6 && segment?.segment == 12)
        let log = SetFileName("S[0005].4BL", of: "S")
        #expect(log?.kind == .log && log?.number == 5 && log?.backup == 6)
        #expect(SetFileName("S[12345].4BK", of: "S")?.number == 12345)
        #expect(SetFileName(Application.archiveName("S", 10_000), of: "S")?.number == 10_000)
        #expect(SetFileName(Application.logBackupName("S", 0), of: "S")?.backup == 1)
    }

    @Test("anything else is not a set file", arguments: [
        "S", "S[0001]", "S[0001].4bk", "S [0001].4BK", "s[0001].4BK", "S[001].4BK", "S[00001].4BK", "S[0001].4BK ", "S[].4BK",
        "S[-001].4BK", "S[+001].4BK", "S[0001-].4BK", "S[0001-0000].4BK", "S[0001-1].4BK", "S[0001-0001-0001].4BK",
        "S[1234567890].4BK", "S[０００１].4BK", "XS[0001].4BK", ".S[0007].4BK.msc-partial-12", "S[0001].journal", "S[0001].4BK.old", "",
    ])
    func refused(name: String) {
        #expect(SetFileName(name, of: "S") == nil)
    }

    @Test("segments are found from the first")
    func segments() {
        #expect(SetFileName.segment(2, of: "/x/S[0006-0001].4BK") == "/x/S[0006-0002].4BK")
        #expect(SetFileName.segment(10_001, of: "/x/S[0006-0001].4BK") == "/x/S[0006-10001].4BK")
        #expect(SetFileName.segment(2, of: "/x/S[0006].4BK") == "/x/S[0006].4BK")
    }
}
