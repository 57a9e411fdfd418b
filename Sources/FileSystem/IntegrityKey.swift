// Keys that tell tampering from damage: whoever can write a file can write right checksums into it, but no code without the key.

import CCrypto

/// A secret of 32 bytes for HMAC-SHA-256. Its description names it and never shows it.
public struct IntegrityKey: Sendable, Equatable {
    private let secret: [UInt8]
    /// Eight bytes that name the key and tell nothing of it. They are written beside each code.
    public let identifier: [UInt8]

    public static let size = 32
    public static let identifierSize = 8
    public static let codeSize = 32

    /// Nil unless there are 32 bytes.
    public init?(_ secret: [UInt8]) {
        guard secret.count == IntegrityKey.size else { return nil }
        self.secret = secret
        identifier = Array(IntegrityKey.code(of: Array("msc integrity key".utf8), secret)[..<IntegrityKey.identifierSize])
    }

    /// A new random secret; nil when the system has no random numbers.
    public static func randomSecret() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: size)
        return RAND_bytes(&bytes, Int32(size)) == 1 ? bytes : nil
    }

    /// HMAC-SHA-256: 32 bytes.
    public func code(of bytes: [UInt8]) -> [UInt8] { IntegrityKey.code(of: bytes, secret) }

    /// Whether `code` is the code of these bytes. The time it takes tells nothing of where they differ.
    public func verifies(_ code: [UInt8], of bytes: [UInt8]) -> Bool {
        let right = self.code(of: bytes)
        return code.count == right.count && CRYPTO_memcmp(code, right, right.count) == 0
    }

    private static func code(of bytes: [UInt8], _ secret: [UInt8]) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: codeSize)
        // Untested: it fails only when OpenSSL cannot allocate, where this program cannot go on either.
        guard HMAC(EVP_sha256(), secret, Int32(secret.count), bytes, bytes.count, &result, nil) != nil else {
            preconditionFailure("OpenSSL could not make an HMAC")
        }
        return result
    }
}

extension IntegrityKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The identifier in hexadecimal.
    public var description: String { Digest.hexadecimal(identifier) }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: ["identifier": description]) }
}

/// The key that new codes are made with, and former ones, whose codes still count.
public struct IntegrityKeys: Sendable, Equatable {
    public let current: IntegrityKey
    private let former: [IntegrityKey]

    public init(_ current: IntegrityKey, former: [IntegrityKey] = []) {
        self.current = current
        self.former = former
    }

    /// The key with this identifier; nil when it is not among them.
    public subscript(identifier: [UInt8]) -> IntegrityKey? {
        ([current] + former).first { $0.identifier == identifier }
    }
}
