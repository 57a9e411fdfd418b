// The smallest archive around one entry: what is fed to the reader of an entry passes the checks in front of it.

enum StoredZip {
    static func archive(entry name: String, _ bytes: [UInt8]) -> [UInt8] {
        let checksum = bytes.checksum
        let size = UInt32(truncatingIfNeeded: bytes.count)
        let common = little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0)) + little(checksum) + little(size) + little(size)
            + little(UInt16(name.utf8.count)) + little(UInt16(0))
        let local = little(UInt32(0x0403_4b50)) + little(UInt16(20)) + common + Array(name.utf8)
        let attributes = UInt32(0o100600) << 16
        let central = little(UInt32(0x0201_4b50)) + little(UInt16(0x0314)) + little(UInt16(20)) + common + little(UInt16(0))
            + little(UInt16(0)) + little(UInt16(0)) + little(attributes) + little(UInt32(0)) + Array(name.utf8)
        let end = little(UInt32(0x0605_4b50)) + little(UInt16(0)) + little(UInt16(0)) + little(UInt16(1)) + little(UInt16(1))
            + little(UInt32(central.count)) + little(UInt32(local.count + bytes.count)) + little(UInt16(0))
        return local + bytes + central + end
    }

    private static func little(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number.littleEndian, Array.init) }
}
