// Finding the directory of a ZIP file from its end. Numbers are believed only where they agree with each other.

internal import Vocabulary

extension ZipEnd {
    /// A directory larger than this is refused: it would list half a million files.
    static let maximalDirectorySize: UInt64 = 64 << 20

    init(of input: ArchiveInput) throws(Failure) {
        let tailSize = Int(min(input.size, UInt64(Zip.endSize + Int(UInt16.max))))
        let tailStart = input.size - UInt64(tailSize)
        let tail = try input.read(tailSize, at: tailStart)
        guard let index = ZipEnd.find(in: tail) else {
            var beginning = ByteCursor(try input.read(Int(min(4, input.size)), at: 0)[...])
            if let signature = beginning.number(UInt32.self), signature != Zip.localHeader {
                throw .damaged(input.archive, at: 0, "it does not begin as an archive does: it may be another kind of file")
            }
            throw .damaged(input.archive, at: input.size, input.isSegmented ? "its last segment is missing or cut off" : "its end is missing")
        }
        let position = tailStart + UInt64(index)
        var cursor = ByteCursor(tail[(index + 4)...])
        guard let disk = cursor.number(UInt16.self), let directoryDisk = cursor.number(UInt16.self),
            let countHere = cursor.number(UInt16.self), let count = cursor.number(UInt16.self),
            let size = cursor.number(UInt32.self), let offset = cursor.number(UInt32.self)
        else { throw .damaged(input.archive, at: position, "its end record is cut off") }
        guard disk == 0, directoryDisk == 0, countHere == count else {
            throw .damaged(input.archive, at: position, "its end record names several disks")
        }
        let recordsStart: UInt64
        if let end64 = try ZipEnd.end64(of: input, before: position) {
            (self, recordsStart) = end64
            guard count == .max || UInt64(count) == entryCount, size == .max || UInt64(size) == directorySize,
                offset == .max || UInt64(offset) == directoryOffset
            else { throw .damaged(input.archive, at: position, "its end records contradict each other") }
        } else {
            self.init(entryCount: UInt64(count), directorySize: UInt64(size), directoryOffset: UInt64(offset))
            recordsStart = position
        }
        guard directoryOffset <= recordsStart, directorySize == recordsStart - directoryOffset else {
            throw .damaged(input.archive, at: position, "its directory is not where its end record says")
        }
        guard directorySize <= ZipEnd.maximalDirectorySize, entryCount <= directorySize / UInt64(Zip.centralHeaderSize) else {
            throw .damaged(input.archive, at: position, "its end record promises \(entryCount) entries")
        }
    }

    /// The last end record whose comment ends where the file ends.
    private static func find(in tail: [UInt8]) -> Int? {
        guard tail.count >= Zip.endSize else { return nil }
        for index in stride(from: tail.count - Zip.endSize, through: 0, by: -1) where tail[index] == 0x50 {
            var cursor = ByteCursor(tail[index...])
            guard cursor.number(UInt32.self) == Zip.end, cursor.take(16) != nil,
                let comment = cursor.number(UInt16.self), cursor.remaining == Int(comment)
            else { continue }
            return index
        }
        return nil
    }

    private static func end64(of input: ArchiveInput, before position: UInt64) throws(Failure) -> (ZipEnd, UInt64)? {
        guard position >= UInt64(Zip.end64LocatorSize + Zip.end64Size) else { return nil }
        let locatorPosition = position - UInt64(Zip.end64LocatorSize)
        var locator = ByteCursor(try input.read(Zip.end64LocatorSize, at: locatorPosition)[...])
        guard locator.number(UInt32.self) == Zip.end64Locator else { return nil }
        guard locator.number(UInt32.self) == 0, let start = locator.number(UInt64.self), locator.number(UInt32.self) == 1,
            start <= locatorPosition - UInt64(Zip.end64Size)
        else { throw .damaged(input.archive, at: locatorPosition, "its ZIP64 locator is wrong") }
        var record = ByteCursor(try input.read(Zip.end64Size, at: start)[...])
        guard record.number(UInt32.self) == Zip.end64, let length = record.number(UInt64.self),
            length == locatorPosition - start - 12, record.take(4) != nil,
            record.number(UInt32.self) == 0, record.number(UInt32.self) == 0,
            let countHere = record.number(UInt64.self), let count = record.number(UInt64.self), countHere == count,
            let size = record.number(UInt64.self), let offset = record.number(UInt64.self)
        else { throw .damaged(input.archive, at: start, "its ZIP64 end record is wrong") }
        return (ZipEnd(entryCount: count, directorySize: size, directoryOffset: offset), start)
    }
}
