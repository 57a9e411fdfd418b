// The integrity key's file, outside of everything that it protects: read, made, and given a newer key.

import FileSystem
import Glibc
public import Vocabulary

/// Which integrity keys an operation uses. The secrets stay in memory: nothing prints, logs or writes them.
public struct IntegrityChoice: Sendable {
    private enum Kind: Sendable {
        case settings, nothing
        case keys(IntegrityKeys)
    }

    private let kind: Kind

    /// The file that the database's settings name, where they name one.
    public static let ofSettings = IntegrityChoice(kind: .settings)
    /// None, whatever the settings say: nothing is verified.
    public static let unverified = IntegrityChoice(kind: .nothing)

    /// - Parameter isCredential: the file is one that the service manager hands over in a folder that is closed to others.
    /// - Throws: 1513 when there is no such file, 1511 when it cannot be read or others can read or change it, 1519 when it holds no key, 1515.
    public static func file(_ path: String, isCredential: Bool = false) throws(Failure) -> IntegrityChoice {
        IntegrityChoice(kind: .keys(try IntegrityKeyFile.read(path, isCredential: isCredential)))
    }

    var isOfSettings: Bool { if case .settings = kind { true } else { false } }

    /// The keys for files that belong to no database that is known.
    var keys: IntegrityKeys? { if case .keys(let keys) = kind { keys } else { nil } }

    /// The keys for a database's log and archives; nil where none are used, and where the settings cannot be read.
    /// - Throws: 1512 when the key lies in the companion folder, and as `file`.
    func keys(for application: Application) throws(Failure) -> IntegrityKeys? {
        guard isOfSettings else { return keys }
        guard let path = (try? BackupSettings.read(application))?.integrityKeyPath(of: application) else { return nil }
        let place = Folder.resolved(path) ?? path
        guard !place.hasPrefix(application.companion + "/") else {
            throw Failure(
                .badSetting, "the integrity key '\(path)' lies in the companion folder, where whoever can change the log can read it",
                hint: "Put it elsewhere, and name that place in Advanced/IntegrityKey.")
        }
        return try IntegrityKeyFile.read(path)
    }
}

/// Makes key files.
public enum IntegrityKeyFile {
    private static let largest = 64 << 10

    /// Makes a file with a new key, mode 0600.
    /// - Parameter adding: puts the new key before the ones of a file that is there: they still count for what was marked with them.
    /// - Returns: the new key's identifier, which tells nothing of the key.
    /// - Throws: 1504 when something stands there already, and as `IntegrityChoice.file`; 1511 or 1516. Then nothing has changed.
    public static func make(_ path: String, adding: Bool, at time: Int64) throws(Failure) -> String {
        guard let secret = IntegrityKey.randomSecret(), let key = IntegrityKey(secret) else {
            // Untested: the system has to have no random numbers.
            throw Failure(.writeFailed, "no random key could be made", hint: "Check that /dev/urandom is there.")
        }
        var lines = ["# integrity key \(key) of msc, made \(Timestamp.utc(time)); keep a copy where the backups are not", Digest.hexadecimal(secret)]
        if adding {
            _ = try read(path)
            lines.append(String(decoding: try contents(path, isCredential: false), as: UTF8.self))
        } else if Folder.exists(path) {
            throw Failure(
                .destinationExists, "something already stands at '\(path)'", hint: "Add --rotate to put a new key before those in the file.")
        }
        let bytes = Array((lines.joined(separator: "\n") + (adding ? "" : "\n")).utf8)
        do throws(SystemError) {
            let publication = try Publication(path)
            try bytes.withUnsafeBufferPointer { (buffer) throws(SystemError) in try publication.file.write(UnsafeRawBufferPointer(buffer), at: 0) }
            try publication.publish(replacing: adding)
        } catch { throw Failure.writing(error) }
        return key.description
    }

    static func read(_ path: String, isCredential: Bool = false) throws(Failure) -> IntegrityKeys {
        var keys: [IntegrityKey] = []
        let text = String(decoding: try contents(path, isCredential: isCredential), as: UTF8.self)
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.filter { !$0.isWhitespace }
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let key = bytes(line).flatMap({ IntegrityKey($0) }) else { throw malformed(path, "line \(number + 1) is no key") }
            keys.append(key)
        }
        guard let first = keys.first else { throw malformed(path, "no key is in it") }
        return IntegrityKeys(first, former: Array(keys.dropFirst()))
    }

    /// The line itself is not told: it may be a key with one digit too many.
    private static func malformed(_ path: String, _ why: String) -> Failure {
        Failure(
            .badValue, "'\(path)' is no integrity key file: \(why)",
            hint: "'msc log key FILE' makes one: 64 hexadecimal digits on a line of their own.")
    }

    private static func contents(_ path: String, isCredential: Bool) throws(Failure) -> [UInt8] {
        do {
            let file = try File(path, .read)
            let status = try file.status()
            guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= largest else { throw malformed(path, "it is no small plain file") }
            // A credential's group bits stand for an access list that lets one user in.
            let others: mode_t = isCredential ? 0o027 : 0o077
            guard status.st_mode & others == 0, status.st_uid == geteuid() || status.st_uid == 0 else {
                throw Failure(
                    .noPermission, "the integrity key '\(path)' can be read or changed by other users",
                    hint: "A key that others know is none: make a new one with 'msc log key', of the user who runs msc, with mode 0600.")
            }
            var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
            let count = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(SystemError) in
                try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            }
            return Array(bytes[..<count])
        } catch let error as SystemError {
            throw Failure(
                error.isPermission ? .noPermission : error.errno == ENOENT || error.errno == ENOTDIR ? .fileNotFound : .readFailed,
                "the integrity key '\(path)' cannot be read", cause: error.reason,
                hint: "Check the path, its owner and its mode; --integrity-key none goes on without verifying.")
        } catch let failure as Failure { throw failure } catch {
            // Untested: the two above are all that is thrown.
            throw malformed(path, String(describing: error))
        }
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        guard text.utf8.count == IntegrityKey.size * 2, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == IntegrityKey.size * 2 else { return nil }
        return (0..<IntegrityKey.size).map { UInt8(digits[2 * $0] << 4 | digits[2 * $0 + 1]) }
    }
}
