// What the engine takes from outside: the clock, time zone, fresh identifiers, and who is running it. Nothing below asks the system.

import FileSystem
import Glibc
public import Vocabulary

/// Clock, identifiers and identity of the caller, injected so that tests decide them.
public struct Surroundings: Sendable {
    /// Milliseconds since 1970-01-01 UTC.
    public var now: @Sendable () -> Int64
    /// A fresh random identifier in the usual 36-character form, lower case.
    public var makeIdentifier: @Sendable () -> String
    /// Who runs the operation: logged with every change of ours.
    public var context: Context
    /// The zone in which schedules are meant.
    public var zone: Zone
    /// The program's version, written into archives and history.
    public var version: String
    /// What tells this machine from others and stays when it is started anew; nil where nothing does, as in most containers.
    public var machine: String?
    /// Which keys logs and archives are marked and verified with.
    public var integrity: IntegrityChoice

    public init(
        now: @escaping @Sendable () -> Int64, makeIdentifier: @escaping @Sendable () -> String, context: Context, version: String,
        zone: Zone = .system, machine: String? = nil, integrity: IntegrityChoice = .ofSettings
    ) {
        self.machine = machine
        self.integrity = integrity
        self.now = now
        self.makeIdentifier = makeIdentifier
        self.context = context
        self.version = version
        self.zone = zone
    }
}

extension Surroundings {
    /// The identifier of this machine that systemd and D-Bus use: `/etc/machine-id`. Nil where there is none, and where it is mounted over:
    /// then it is of this container alone.
    public static func machineIdentifier() -> String? {
        let path = "/etc/machine-id"
        guard let file = Folder.status(of: path), let folder = Folder.status(of: "/etc"), file.st_dev == folder.st_dev,
            let bytes = try? File.contents(of: path, atMost: 64)
        else { return nil }
        let digits = bytes.prefix { ($0 >= 48 && $0 <= 57) || ($0 >= 97 && $0 <= 102) }
        return digits.count == 32 ? String(decoding: digits, as: UTF8.self) : nil
    }
}
