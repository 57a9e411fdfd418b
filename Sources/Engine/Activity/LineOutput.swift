// Where lists go: standard output, or a new file that gets its name when it is whole (invariant I3).

import FileSystem
public import Vocabulary

/// A buffered destination for text. Belongs to one thread.
public final class LineOutput {
    private var buffer: [UInt8] = []
    private var publication: Publication?
    private var offset: UInt64 = 0

    /// Standard output.
    public init() {}

    /// A new file, or standard output for nil. Dropped unfinished, it leaves no file.
    /// - Throws: 1504 when something stands at `path`, 1511 or 1516 when it cannot be created.
    public init(path: String?) throws(Failure) {
        guard let path else { return }
        guard !Folder.exists(path) else {
            throw Failure(.destinationExists, "something already stands at '\(path)'", hint: "Choose another file.")
        }
        do { publication = try Publication(path) } catch { throw Failure.writing(error) }
    }

    public func write(_ text: String) throws(Failure) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count > 1 << 16 { try flush() }
    }

    /// Hands everything on. A reader that went away ends the list: 1516.
    public func flush() throws(Failure) {
        do throws(SystemError) {
            try buffer.withUnsafeBufferPointer { (bytes) throws(SystemError) in
                let bytes = UnsafeRawBufferPointer(bytes)
                if publication != nil {
                    try publication?.file.write(bytes, at: offset)
                    offset += UInt64(bytes.count)
                } else {
                    try File.writeToStandardOutput(bytes)
                }
            }
        } catch { throw Failure.writing(error) }
        buffer.removeAll(keepingCapacity: true)
    }

    /// Flushes, and publishes the file.
    public func finish() throws(Failure) {
        try flush()
        guard let publication = publication.take() else { return }
        do { try publication.publish() } catch { throw Failure.writing(error) }
    }
}
