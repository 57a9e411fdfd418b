// Holding an entry of the directory against what stands before and after its data.

internal import Vocabulary

extension ZipEntry {
    /// Checks the local header and the data descriptor, and learns where the data begin.
    /// - Parameter limit: where the next entry or the directory begins; this entry must end before.
    mutating func checkLocalHeader(in input: ArchiveInput, limit: UInt64) throws(Failure) {
        guard headerOffset <= limit, limit - headerOffset >= UInt64(Zip.localHeaderSize) else { throw overlap(input) }
        var cursor = ByteCursor(try input.read(Zip.localHeaderSize, at: headerOffset)[...])
        guard cursor.number(UInt32.self) == Zip.localHeader, cursor.number(UInt16.self) != nil,
            cursor.number(UInt16.self) == flags, cursor.number(UInt16.self) == method, cursor.number(UInt32.self) != nil,
            let localChecksum = cursor.number(UInt32.self), let localCompressed = cursor.number(UInt32.self),
            let localSize = cursor.number(UInt32.self), let nameLength = cursor.number(UInt16.self),
            let extraLength = cursor.number(UInt16.self)
        else { throw mismatch(input) }
        let variable = UInt64(nameLength) + UInt64(extraLength)
        dataOffset = headerOffset + UInt64(Zip.localHeaderSize) + variable
        guard dataOffset <= limit, compressedSize <= limit - dataOffset else { throw overlap(input) }
        let bytes = try input.read(Int(variable), at: headerOffset + UInt64(Zip.localHeaderSize))
        guard bytes.prefix(Int(nameLength)).elementsEqual(name.utf8) else { throw mismatch(input) }
        if flags & Zip.flagDescriptor != 0 {
            try checkDescriptor(in: input, limit: limit)
        } else {
            var zip64 = Zip64Field(bytes[Int(nameLength)...])
            guard localChecksum == checksum, zip64.value(for: localSize) == size,
                zip64.value(for: localCompressed) == compressedSize
            else { throw mismatch(input) }
        }
    }

    /// A descriptor has 8-byte sizes or 4-byte ones, with a signature or without.
    private func checkDescriptor(in input: ArchiveInput, limit: UInt64) throws(Failure) {
        let start = dataOffset + compressedSize
        let bytes = try input.read(Int(min(limit - start, UInt64(Zip.descriptorSize))), at: start)
        var cursor = ByteCursor(bytes[...])
        guard var first = cursor.number(UInt32.self) else { throw overlap(input) }
        if first == Zip.descriptor, let second = cursor.number(UInt32.self) { first = second }
        let sizes = cursor
        let isLong = cursor.number(UInt64.self) == compressedSize && cursor.number(UInt64.self) == size
        cursor = sizes
        let isShort =
            cursor.number(UInt32.self).map(UInt64.init) == compressedSize
            && cursor.number(UInt32.self).map(UInt64.init) == size
        guard first == checksum, isLong || isShort else { throw mismatch(input, at: start) }
    }

    private func overlap(_ input: ArchiveInput) -> Failure {
        .damaged(input.archive, entry: name, at: headerOffset, "it overlaps what follows it")
    }

    private func mismatch(_ input: ArchiveInput, at offset: UInt64? = nil) -> Failure {
        .damaged(
            input.archive, entry: name, at: offset ?? headerOffset, "its local header and the directory contradict each other")
    }
}
