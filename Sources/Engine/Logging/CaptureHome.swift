// Whether a database is the application that its capture tables speak of, or a copy of it.

import Database
import FileSystem
import Glibc
import LogFile
import Vocabulary

extension CaptureState {
    /// True when the data file stands where it stood when capture was installed, or is still that very file under another
    /// name. A copy is *detached*: it never writes to the original's log.
    func isAttached(to application: Application) -> Bool {
        guard !self.homePath.isEmpty else { return false }
        if self.homePath == application.data { return true }
        guard let status = Folder.status(of: application.data) else { return false }
        return Int64(bitPattern: UInt64(status.st_dev)) == self.homeDevice && Int64(bitPattern: UInt64(status.st_ino)) == self.homeInode
    }

    /// Refuses the captured file under a second name, a hard link: a companion folder and backups of its own would cut the log in two.
    /// - Throws: 1508.
    func checkName(_ application: Application) throws(Failure) {
        guard !self.homePath.isEmpty, self.homePath != application.data, let here = Folder.status(of: application.data), here.st_nlink > 1,
            let home = Folder.status(of: self.homePath), home.st_dev == here.st_dev, home.st_ino == here.st_ino
        else { return }
        throw Failure(
            .copyDetached, "'\(application.data)' is a second name (a hard link) of '\(self.homePath)', which has the log",
            hint: "Use that path: under two names the log would be cut in two.")
    }

    /// Makes the data file at this path the captured original.
    mutating func attach(to application: Application) {
        self.homePath = application.data
        // A chain that was to begin when the archive was made is the archive's: what was before it is of no concern to the copy.
        (former, isBeginning) = (nil, false)
        guard let status = Folder.status(of: application.data) else { return }
        self.homeDevice = Int64(bitPattern: UInt64(status.st_dev))
        self.homeInode = Int64(bitPattern: UInt64(status.st_ino))
    }

    mutating func detach() {
        self.homePath = ""
        self.homeDevice = 0
        self.homeInode = 0
        (former, isBeginning) = (nil, false)
    }

    var identity: Identity { get throws { try CaptureState.identity(self.application) } }
    var chainIdentity: Identity { get throws { try CaptureState.identity(self.chain) } }
    var owner: LogChain.Owner { get throws { try .init(application: identity, chain: chainIdentity) } }

    private static func identity(_ bytes: [UInt8]) throws -> Identity {
        guard let identity = Identity(bytes: bytes) else {
            throw Failure(
                .databaseDamaged, "the capture tables hold an identifier of \(bytes.count) bytes",
                hint: "Turn the log off and on again with 'msc log stop' and 'msc log start'.")
        }
        return identity
    }
}
