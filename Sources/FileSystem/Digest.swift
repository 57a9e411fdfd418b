// SHA-256, streaming. The strong digest of every item in an archive and of every block in a log.

import CCrypto

/// A running SHA-256. Feed it the bytes as they stream by, then take the result once.
public final class Digest {
    private let context: OpaquePointer
    private var isFinished = false

    public init() {
        // Untested: both calls fail only when OpenSSL cannot allocate, where this program cannot go on either.
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("OpenSSL could not start a SHA-256 digest")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ bytes: UnsafeRawBufferPointer) {
        precondition(!isFinished, "the digest was already taken")
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The 32 bytes. Call once.
    public func finish() -> [UInt8] {
        precondition(!isFinished, "the digest was already taken")
        isFinished = true
        var result = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &result, nil)
        return result
    }

    public static func of(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        let digest = Digest()
        digest.update(bytes)
        return digest.finish()
    }

    /// Lower-case hexadecimal, as `sha256sum` prints it.
    public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
