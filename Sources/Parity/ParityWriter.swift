// Makes a parity file from finished files: one pass over them, the parity of one band in memory.

import FileSystem
public import Glibc
public import Vocabulary

/// Writing a parity file.
public enum ParityWriter {
    /// Publishes at `path` the parity of `files`, which are complete and do not change any more.
    ///
    /// Throws 1406 on Stop, 1409 when reading or writing fails. Then nothing new stands at `path`; kill -9 leaves at most a temporary
    /// file. Memory: at most 64 MB.
    /// - Parameters:
    ///   - files: one file, or the segments in order, all but the last of one size.
    ///   - status: owner and mode of the new file; 0600 without it.
    /// - Returns: the bytes of the parity file; nil when the strength is none.
    @discardableResult
    public static func write(
        _ path: String, protecting files: [String], _ strength: ParityStrength, like status: stat? = nil, _ job: Job
    ) throws -> UInt64? {
        guard strength.redundancy != .none else { return nil }
        do {
            var sizes: [UInt64] = []
            for file in files { sizes.append(try File(file, .read).size()) }
            let size = sizes.total { $0 }
            guard size > 0, size <= ParityLayout.largestSize else { throw SystemError(.read, files.first ?? path, errno: EFBIG) }
            let layout = ParityLayout(size: size, segmentSize: files.count > 1 ? sizes[0] : 0, strength)
            guard (0..<sizes.count).allSatisfy({ $0 < layout.partCount && UInt64(layout.part($0).count) == sizes[$0] }) else {
                throw SystemError(.read, files[0], errno: EINVAL)
            }
            try write(path, layout, files, like: status, replacing: false, job)
            return layout.fileSize
        } catch let error as SystemError {
            throw Failure.paritySaving(path, error)
        }
    }

    /// Replaces a damaged parity file by one of the same strength. `files` are whole again. Leaves the old one on an error: 1406 or 1409.
    public static func remake(_ parity: ParityFile, protecting files: [String], like status: stat? = nil, _ job: Job) throws {
        do { try write(parity.path, parity.layout, files, like: status, replacing: true, job) } catch let error as SystemError {
            throw Failure.paritySaving(parity.path, error)
        }
    }

    private static func write(
        _ path: String, _ layout: ParityLayout, _ files: [String], like status: stat?, replacing: Bool, _ job: Job
    ) throws {
        job.report(Progress(phase: "Writing the parity file", subject: path, total: layout.size))
        let publication = try Publication(path)
        if let status { try publication.file.adopt(owner: status.st_uid, group: status.st_gid, mode: status.st_mode) }
        let writing = ParityWriting(layout, files)
        for band in 0..<layout.bands { try writing.write(band, to: publication.file, job) }
        try job.checkStop()
        try publication.publish(replacing: replacing)
    }
}

/// A parity file on its way: one band after the other.
private final class ParityWriting {
    private let layout: ParityLayout
    private let parts: ProtectedParts
    private let files: [String]
    private let code: ReedSolomon
    private var page: ParityPage
    private let block: UnsafeMutablePointer<UInt8>
    private let sums: UnsafeMutablePointer<UInt8>
    private let sumsSize: Int

    init(_ layout: ParityLayout, _ files: [String]) {
        self.layout = layout
        self.files = files
        parts = ProtectedParts(files, layout)
        code = ReedSolomon(data: layout.dataPerGroup, parity: Int(layout.parity), blockSize: layout.blockSize)
        page = ParityPage(layout: layout, number: 0)
        block = .allocate(capacity: layout.blockSize)
        sumsSize = Int(layout.groups * layout.parity) * layout.blockSize
        sums = .allocate(capacity: sumsSize)
    }

    deinit {
        block.deallocate()
        sums.deallocate()
    }

    func write(_ band: UInt64, to file: borrowing File, _ job: Job) throws {
        sums.initialize(repeating: 0, count: sumsSize)
        let size = UInt64(layout.blockSize)
        let group = Int(layout.parity) * layout.blockSize
        let blocks = layout.blocks(ofBand: band)
        for number in blocks {
            let start = number * size
            let length = Int(min(size, layout.size - start))
            block.initialize(repeating: 0, count: layout.blockSize)
            guard parts.read(into: UnsafeMutableRawBufferPointer(start: block, count: length), at: start) else {
                throw SystemError(.read, files[0], errno: EIO)
            }
            try add(UnsafeRawBufferPointer(start: block, count: layout.blockSize), to: file)
            let (member, index) = (number - blocks.lowerBound).quotientAndRemainder(dividingBy: layout.groups)
            code.add(block, member: Int(member), to: sums + Int(index) * group)
            if (start + size) & 0xfffff < size {
                try job.checkStop()
                job.report(done: start + size)
            }
        }
        try file.write(UnsafeRawBufferPointer(start: sums, count: sumsSize), at: layout.offset(ofParity: 0, band: band))
        for index in 0..<Int(layout.groups * layout.parity) {
            try add(UnsafeRawBufferPointer(start: sums + index * layout.blockSize, count: layout.blockSize), to: file)
        }
        if band == layout.bands - 1, !page.checksums.isEmpty { try flush(file) }
    }

    private func add(_ bytes: UnsafeRawBufferPointer, to file: borrowing File) throws(SystemError) {
        page.checksums.append(ParityChecksum.of(bytes))
        if page.isFull { try flush(file) }
    }

    private func flush(_ file: borrowing File) throws(SystemError) {
        let offset = UInt64(page.number) * UInt64(ParityLayout.pageSize)
        let bytes = page.bytes()
        for copy in [0, layout.secondCopy] {
            try bytes.withUnsafeBufferPointer { (bytes) throws(SystemError) in
                try file.write(UnsafeRawBufferPointer(bytes), at: copy + offset)
            }
        }
        page = ParityPage(layout: layout, number: page.number + 1)
    }
}
