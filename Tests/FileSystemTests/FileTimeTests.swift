// Times of files, which their owner sets as he likes.

import Glibc
import Testing

@testable import FileSystem

@Suite("Times of files")
struct FileTimeTests {
    @Test("any number of seconds becomes milliseconds that can be reckoned with")
    func bounds() {
        #expect(timespec(tv_sec: 1_700_000_000, tv_nsec: 123_456_789).milliseconds == 1_700_000_000_123)
        #expect(timespec(tv_sec: -1, tv_nsec: 0).milliseconds == -1000)
        for seconds in [Int.max, Int.min, Int.max / 1000, 1 << 60] {
            let time = timespec(tv_sec: seconds, tv_nsec: 999_999_999).milliseconds
            #expect(!Int64(1_700_000_000_000).subtractingReportingOverflow(time).overflow && time.signum() == seconds.signum())
        }
    }

    @Test("a file system that keeps such a time gives it back as one")
    func file() throws {
        let path = "/dev/shm/msc-time-\(getpid())"
        let file = try File(path, .createNew)
        defer { unlink(path) }
        var times = [timespec(tv_sec: Int.max, tv_nsec: 0), timespec(tv_sec: Int.max, tv_nsec: 0)]
        try #require(utimensat(AT_FDCWD, path, &times, 0) == 0)
        #expect(try file.status().st_mtim.milliseconds > 4_000_000_000_000)
    }
}
