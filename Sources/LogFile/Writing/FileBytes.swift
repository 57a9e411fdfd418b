// Small pieces of a log are arrays; this room writes them as they are.

import FileSystem

extension File {
    /// Writes all of `bytes` at `offset`.
    func write(_ bytes: [UInt8], at offset: UInt64) throws(SystemError) {
        let result = bytes.withUnsafeBytes { bytes -> Result<Void, SystemError> in
            Result { () throws(SystemError) in try write(bytes, at: offset) }
        }
        try result.get()
    }
}
