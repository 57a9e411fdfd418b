// The files that a parity file protects, taken as one stream at the places where their bytes belong, whatever became of them.

import FileSystem
import Glibc

/// Reads what is there. Belongs to one thread; one file is open at a time.
final class ProtectedParts {
    let paths: [String]
    private let layout: ParityLayout
    private var file: File?
    private var openPart = -1

    /// - Parameter paths: as many as `layout.partCount`; they need not exist.
    init(_ paths: [String], _ layout: ParityLayout) {
        self.paths = paths
        self.layout = layout
    }

    /// Fills the buffer from `offset`, which lies with all of it inside what is protected.
    /// - Returns: false when a byte is missing or cannot be read; the buffer then holds anything.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) -> Bool {
        var done = 0
        while done < buffer.count {
            let position = offset + UInt64(done)
            let index = layout.segmentSize == 0 ? 0 : Int(position / layout.segmentSize)
            let part = layout.part(index)
            let count = Int(min(UInt64(buffer.count - done), part.upperBound - position))
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count])
            // A sector that the disk cannot read any more is damage like any other.
            guard open(index), (try? file?.read(into: target, at: position - part.lowerBound)) == count else { return false }
            done += count
        }
        return true
    }

    /// How many bytes a file has too many.
    func excess(ofPart index: Int) -> UInt64 {
        guard open(index), let size = try? file?.size() else { return 0 }
        let part = layout.part(index)
        return size - min(size, part.upperBound - part.lowerBound)
    }

    private func open(_ index: Int) -> Bool {
        if index == openPart { return file != nil }
        openPart = index
        file = nil
        // Looked at before it is opened: opening a pipe would wait for somebody to write into it.
        guard let path = Folder.resolved(paths[index]), let status = Folder.status(of: path), status.st_mode & S_IFMT == S_IFREG,
            let found = try? File(path, .read)
        else { return false }
        file = consume found
        return true
    }
}
