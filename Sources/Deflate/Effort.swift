// How hard the two libraries try. Who compresses chooses, from what its data are like and who waits for it.

/// The settings of both libraries for one purpose.
public struct Effort: Sendable {
    /// ISA-L's level, 1 to 3; nil to use zlib on every processor.
    public var isalLevel: UInt32?
    /// Bytes that ISA-L may use. What exceeds the needs of its level holds tokens, and it fits its codes to the data each time
    /// they are full: more memory is not better. See igzip_lib.h for the least.
    public var isalMemory: Int
    /// zlib's level, 1 to 9.
    public var zlibLevel: Int32

    public init(isalLevel: UInt32?, isalMemory: Int, zlibLevel: Int32) {
        self.isalLevel = isalLevel
        self.isalMemory = isalMemory
        self.zlibLevel = zlibLevel
    }
}
