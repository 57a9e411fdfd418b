// What the service tells the system's service manager: datagrams on the socket that it names in NOTIFY_SOCKET
// (sd_notify(3)). A manager that does not listen costs nothing: no message is waited for.

import Glibc

/// The service manager's ear.
public final class ServiceManager: Sendable {
    private let descriptor: Int32
    private let path: String

    /// - Parameter path: of a socket; one that begins with @ is in the abstract namespace. Nil for a path that cannot be one.
    public init?(socket path: String) {
        var address = sockaddr_un()
        guard path.hasPrefix("/") || path.hasPrefix("@"), path.utf8.count > 1, path.utf8.count < MemoryLayout.size(ofValue: address.sun_path)
        else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        let made = Glibc.socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard made >= 0 else { return nil }
        descriptor = made
        self.path = path
    }

    deinit { close(descriptor) }

    /// Sends one message: lines `NAME=VALUE`. A manager that is gone or busy misses it; the service goes on.
    public func send(_ message: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        let isAbstract = bytes[0] == UInt8(ascii: "@")
        if isAbstract { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        // A name in the file system ends with a zero byte, one in the abstract namespace with its length.
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + bytes.count + (isAbstract ? 0 : 1) } ?? 0
        let text = Array(message.utf8)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, text, text.count, Int32(MSG_NOSIGNAL), $0, socklen_t(length))
            }
        }
    }

    /// The service is up, or has read its settings anew.
    func ready() { send("READY=1") }

    /// The settings are being read: `steady` as the kernel's monotonic clock has it, in milliseconds.
    func reloading(_ steady: Int64) { send("RELOADING=1\nMONOTONIC_USEC=\(steady * 1000)") }

    func stopping() { send("STOPPING=1") }
    func alive() { send("WATCHDOG=1") }

    /// A line for `systemctl status`.
    func status(_ text: String) {
        send("STATUS=\(String(text.prefix(400)).split(separator: "\n", omittingEmptySubsequences: false).joined(separator: " "))")
    }
}
