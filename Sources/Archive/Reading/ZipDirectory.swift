// The directory of an archive that may be damaged or hostile: nothing comes out of here that was not held against the
// local headers, against the size of the file, and against what a name may be.

internal import Vocabulary

struct ZipDirectory {
    /// In the order of their data.
    private(set) var entries: [ZipEntry] = []
    /// By the bytes of the name: two names that look alike to Unicode are two files.
    private var indexes: [[UInt8]: Int] = [:]

    subscript(name: String) -> ZipEntry? { indexes[Array(name.utf8)].map { entries[$0] } }

    init(of input: ArchiveInput) throws(Failure) {
        let end = try ZipEnd(of: input)
        let bytes = try input.read(Int(end.directorySize), at: end.directoryOffset)
        var cursor = ByteCursor(bytes[...])
        for _ in 0..<end.entryCount {
            let position = end.directoryOffset + UInt64(cursor.position)
            entries.append(try ZipDirectory.entry(&cursor, at: position, of: input.archive))
        }
        guard cursor.remaining == 0 else {
            throw .damaged(
                input.archive, at: end.directoryOffset + UInt64(cursor.position), "its directory has more than its entries")
        }
        entries.sort { $0.headerOffset < $1.headerOffset }
        for index in entries.indices {
            let limit = index + 1 < entries.count ? entries[index + 1].headerOffset : end.directoryOffset
            try entries[index].checkLocalHeader(in: input, limit: limit)
            guard indexes.updateValue(index, forKey: Array(entries[index].name.utf8)) == nil else {
                throw .damaged(input.archive, entry: entries[index].name, "there are two entries with this name")
            }
        }
    }

    private static func entry(_ cursor: inout ByteCursor, at position: UInt64, of archive: String) throws(Failure) -> ZipEntry {
        guard cursor.number(UInt32.self) == Zip.centralHeader, let madeBy = cursor.number(UInt16.self),
            cursor.number(UInt16.self) != nil, let flags = cursor.number(UInt16.self),
            let method = cursor.number(UInt16.self), cursor.number(UInt32.self) != nil,
            let checksum = cursor.number(UInt32.self), let compressed32 = cursor.number(UInt32.self),
            let size32 = cursor.number(UInt32.self), let nameLength = cursor.number(UInt16.self),
            let extraLength = cursor.number(UInt16.self), let commentLength = cursor.number(UInt16.self),
            let disk = cursor.number(UInt16.self), cursor.number(UInt16.self) != nil,
            let attributes = cursor.number(UInt32.self), let offset32 = cursor.number(UInt32.self),
            let nameBytes = cursor.take(Int(nameLength)), let extra = cursor.take(Int(extraLength)),
            cursor.take(Int(commentLength)) != nil, disk == 0
        else { throw .damaged(archive, at: position, "a directory entry is wrong or cut off") }
        guard let name = String(validating: nameBytes, as: UTF8.self) else {
            throw .unsafe(archive, entry: String(decoding: nameBytes, as: UTF8.self), "its name is not UTF-8")
        }
        if let objection = EntryName.objection(to: name) { throw .unsafe(archive, entry: name, objection) }
        let isUnix = madeBy >> 8 == 3
        let type = attributes >> 28
        // 8 is a plain file; 0 is what some tools leave there. Links, devices, folders and the rest are not extracted.
        guard !isUnix || type == 8 || type == 0 else { throw .unsafe(archive, entry: name, "it is not a plain file") }
        guard flags & Zip.flagEncrypted == 0 else { throw .unknownForm(archive, entry: name, "it is encrypted") }
        guard method == Zip.stored || method == Zip.deflated else {
            throw .unknownForm(archive, entry: name, "it is compressed with method \(method)")
        }
        var zip64 = Zip64Field(extra)
        guard let size = zip64.value(for: size32), let compressed = zip64.value(for: compressed32),
            let offset = zip64.value(for: offset32)
        else { throw .damaged(archive, entry: name, at: position, "its ZIP64 field is missing") }
        // Deflate cannot do better than 1032 to 1: a larger size is a lie, told to fill a disk.
        guard size <= Int64.max, compressed <= Int64.max,
            method == Zip.stored ? size == compressed : size / 1032 <= compressed
        else { throw .damaged(archive, entry: name, at: position, "it cannot have \(size) bytes") }
        return ZipEntry(
            name: name, method: method, flags: flags, checksum: checksum, compressedSize: compressed, size: size,
            mode: isUnix ? attributes >> 16 & 0o7777 : 0, modified: 0, headerOffset: offset)
    }
}

/// Extra field 0x0001: the numbers whose short form says `all ones`, in a fixed order.
struct Zip64Field {
    private var cursor: ByteCursor?

    init(_ extra: ArraySlice<UInt8>) {
        var fields = ByteCursor(extra)
        while let identifier = fields.number(UInt16.self), let length = fields.number(UInt16.self),
            let content = fields.take(Int(length))
        {
            if identifier == Zip.extraZip64 {
                cursor = ByteCursor(content)
                return
            }
        }
    }

    mutating func value(for short: UInt32) -> UInt64? {
        short == .max ? cursor?.number(UInt64.self) : UInt64(short)
    }
}

extension Failure {
    /// Error 1503.
    static func unknownForm(_ archive: String, entry: String, _ what: String) -> Failure {
        Failure(
            .unsupportedVersion, "archive '\(archive)' has an entry that this program cannot read, '\(entry)': \(what)",
            hint: "Extract it with another ZIP program, or use a newer version of msc.")
    }
}
