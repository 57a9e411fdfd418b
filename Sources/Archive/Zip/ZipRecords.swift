// The records of a ZIP64 file as this program writes them: PKWARE's APPNOTE 6.3, sections 4.3 and 4.5.3.
// Every entry has ZIP64 sizes and a data descriptor, so that an archive is one stream that never goes back.

/// Numbers that are the same in writer and reader.
enum Zip {
    static let localHeader: UInt32 = 0x0403_4b50
    static let descriptor: UInt32 = 0x0807_4b50
    static let centralHeader: UInt32 = 0x0201_4b50
    static let end: UInt32 = 0x0605_4b50
    static let end64: UInt32 = 0x0606_4b50
    static let end64Locator: UInt32 = 0x0706_4b50

    static let versionNeeded: UInt16 = 45
    /// Made on Unix: the upper half of the external attributes is the file's mode.
    static let madeBy: UInt16 = 3 << 8 | 45
    static let flagEncrypted: UInt16 = 1
    static let flagDescriptor: UInt16 = 1 << 3
    static let flagUTF8: UInt16 = 1 << 11
    static let extraZip64: UInt16 = 0x0001
    static let extraTime: UInt16 = 0x5455

    static let stored: UInt16 = 0
    static let deflated: UInt16 = 8

    static let localHeaderSize = 30
    static let centralHeaderSize = 46
    static let endSize = 22
    static let end64Size = 56
    static let end64LocatorSize = 20
    static let descriptorSize = 24
}

/// One entry as the central directory describes it.
struct ZipEntry: Equatable {
    var name: String
    var method: UInt16
    var flags: UInt16 = Zip.flagDescriptor | Zip.flagUTF8
    var checksum: UInt32 = 0
    var compressedSize: UInt64 = 0
    var size: UInt64 = 0
    /// Unix mode without the file type; 0 when the archive was not made on Unix.
    var mode: UInt32
    /// Seconds since 1970-01-01 UTC.
    var modified: Int64
    var headerOffset: UInt64
    /// Offset of the first compressed byte, known once the local header was read or written.
    var dataOffset: UInt64 = 0

    func localHeader() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Zip.localHeader)
        bytes.append(littleEndian: Zip.versionNeeded)
        appendCommon(to: &bytes, checksum: 0)
        let extra = [Zip.extraZip64, 16, 0, 0, 0, 0, 0, 0, 0, 0] as [UInt16]
        let time = timeExtra()
        bytes.append(littleEndian: UInt16(name.utf8.count))
        bytes.append(littleEndian: UInt16(2 * extra.count + time.count))
        bytes += name.utf8
        for number in extra { bytes.append(littleEndian: number) }
        return bytes + time
    }

    /// Stands directly after the data: what was not known before it.
    func descriptor() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Zip.descriptor)
        bytes.append(littleEndian: checksum)
        bytes.append(littleEndian: compressedSize)
        bytes.append(littleEndian: size)
        return bytes
    }

    func centralHeader() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Zip.centralHeader)
        bytes.append(littleEndian: Zip.madeBy)
        bytes.append(littleEndian: Zip.versionNeeded)
        appendCommon(to: &bytes, checksum: checksum)
        let time = timeExtra()
        bytes.append(littleEndian: UInt16(name.utf8.count))
        bytes.append(littleEndian: UInt16(28 + time.count))
        bytes.append(littleEndian: 0 as UInt16)  // comment
        bytes.append(littleEndian: 0 as UInt16)  // disk
        bytes.append(littleEndian: 0 as UInt16)  // internal attributes
        bytes.append(littleEndian: (0o100000 | mode & 0o7777) << 16)
        bytes.append(littleEndian: UInt32.max)  // the offset stands in the ZIP64 field
        bytes += name.utf8
        bytes.append(littleEndian: Zip.extraZip64)
        bytes.append(littleEndian: 24 as UInt16)
        bytes.append(littleEndian: size)
        bytes.append(littleEndian: compressedSize)
        bytes.append(littleEndian: headerOffset)
        return bytes + time
    }

    private func appendCommon(to bytes: inout [UInt8], checksum: UInt32) {
        let time = ZipTime(seconds: modified)
        bytes.append(littleEndian: flags)
        bytes.append(littleEndian: method)
        bytes.append(littleEndian: time.time)
        bytes.append(littleEndian: time.date)
        bytes.append(littleEndian: checksum)
        bytes.append(littleEndian: UInt32.max)  // both sizes stand in the ZIP64 field
        bytes.append(littleEndian: UInt32.max)
    }

    private func timeExtra() -> [UInt8] {
        guard let seconds = Int32(exactly: modified) else { return [] }
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Zip.extraTime)
        bytes.append(littleEndian: 5 as UInt16)
        bytes.append(1)
        bytes.append(littleEndian: seconds)
        return bytes
    }
}

/// The three records that end the file.
struct ZipEnd: Equatable {
    var entryCount: UInt64
    var directorySize: UInt64
    var directoryOffset: UInt64

    func bytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(littleEndian: Zip.end64)
        bytes.append(littleEndian: UInt64(Zip.end64Size - 12))
        bytes.append(littleEndian: Zip.madeBy)
        bytes.append(littleEndian: Zip.versionNeeded)
        bytes.append(littleEndian: 0 as UInt32)
        bytes.append(littleEndian: 0 as UInt32)
        bytes.append(littleEndian: entryCount)
        bytes.append(littleEndian: entryCount)
        bytes.append(littleEndian: directorySize)
        bytes.append(littleEndian: directoryOffset)

        bytes.append(littleEndian: Zip.end64Locator)
        bytes.append(littleEndian: 0 as UInt32)
        bytes.append(littleEndian: directoryOffset + directorySize)
        bytes.append(littleEndian: 1 as UInt32)

        bytes.append(littleEndian: Zip.end)
        bytes.append(littleEndian: 0 as UInt32)
        bytes.append(littleEndian: UInt16.max)
        bytes.append(littleEndian: UInt16.max)
        bytes.append(littleEndian: UInt32.max)
        bytes.append(littleEndian: UInt32.max)
        bytes.append(littleEndian: 0 as UInt16)
        return bytes
    }
}
