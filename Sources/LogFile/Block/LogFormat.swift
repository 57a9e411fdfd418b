// The numbers of docs/formats/journal.md. A change here is a change of the format: document and version first.

enum LogFormat {
    static let magic: [UInt8] = [0x89, 0x4d, 0x53, 0x43, 0x4c, 0x0d, 0x0a, 0x1a]
    static let majorVersion: UInt16 = 1
    static let minorVersion: UInt16 = 0
    /// The newest version that a block may need: 1.1, which has marks.
    static let newestBlock: UInt16 = 0x0101
    /// File header without body and CRC.
    static let fixedHeaderSize = 156
    static let maximumHeaderSize = 64 << 20

    static let blockMagic: UInt32 = 0x4243_534d  // "MSCB"
    static let blockHeaderSize = 144
    static let trailerSize = 8

    /// Milliseconds. Times outside are no clock's: a span between two times within can be computed.
    static let times: ClosedRange<Int64> = -(1 << 53)...(1 << 53)

    static let maximumOperationsPerBlock = 65_536
    static let maximumPayload = 16 << 20
    /// An operation of this size stands alone in a block of plain layout.
    static let largeOperation = 1 << 20
    static let maximumLargePayload = Int(UInt32.max)
    static let blocksPerIndex = 512
    /// Smaller payloads are left as they are.
    static let worthDeflating = 512

    /// Raw deflate cannot unfold to more than 1032 times its size.
    static func maximumUnfolded(_ stored: Int) -> Int { stored * 1032 + 64 }
}
