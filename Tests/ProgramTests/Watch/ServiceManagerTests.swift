// What the service tells systemd, heard on a real datagram socket; and its lines as the journal wants them.

import FileSystem
import Foundation
import Glibc
import Testing

/// The manager's end of NOTIFY_SOCKET.
private final class NotifySocket {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        try #require(bound == 0)
        var timeout = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    /// Messages up to the first that begins like this; nil when it does not come.
    func hear(until beginning: String) -> [String]? {
        var heard: [String] = []
        for _ in 0..<1000 {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count <= 0 { return nil }
            heard.append(String(decoding: buffer[..<count], as: UTF8.self))
            if heard.last?.hasPrefix(beginning) == true { return heard }
        }
        return nil
    }
}

@Suite("msc watch and the service manager", .serialized)
struct ServiceManagerTests {
    @Test("READY, STATUS, signs of life, RELOADING with the time, READY again, STOPPING")
    func notify() throws {
        let bench = try Workbench.watched()
        let manager = try NotifySocket(bench.path("notify"))
        let service = try RunningProgram(
            "env", ["NOTIFY_SOCKET=\(manager.path)", "WATCHDOG_USEC=200000", Workbench.msc, "watch", bench.data], in: bench.folder,
            name: ".runs/service")
        let start = try #require(manager.hear(until: "READY=1"))
        #expect(start.first == "STATUS=starting")
        #expect(manager.hear(until: "STATUS=the log is written") != nil)
        #expect(manager.hear(until: "WATCHDOG=1") != nil && manager.hear(until: "WATCHDOG=1") != nil)
        service.signal(SIGHUP)
        let reload = try #require(manager.hear(until: "RELOADING=1")?.last)
        #expect(reload.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=[0-9]{6,}/) != nil, "\(reload)")
        #expect(manager.hear(until: "READY=1") != nil)
        service.signal(SIGTERM)
        #expect(manager.hear(until: "STOPPING=1") != nil)
        #expect(service.wait().status == 0)
    }

    @Test("lines have the journal's priorities when the journal reads them, and the time when it does not")
    func journal() throws {
        let bench = try Workbench.watched()
        // A shell finds out which file its standard error is, as the manager would tell it.
        let script = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \(Workbench.msc) watch \(bench.data)"
        let service = try RunningProgram("sh", ["-c", script], in: bench.folder, name: ".runs/service")
        _ = try #require(service.errorsSoFar { $0.contains("<6>the log is written") })
        rename(bench.journal, bench.path("away"))
        try bench.add("a")
        _ = try #require(service.errorsSoFar { $0.contains("<3>error 1274") })
        service.signal(SIGTERM)
        #expect(service.wait().status == 0)
        let plain = try bench.watch(until: "error 1274")
        plain.signal(SIGTERM)
        #expect(plain.wait().errors.contains(/(?m)^[0-9]{4}-[0-9]{2}-[0-9]{2}.* error: error 1274/))
    }
}
