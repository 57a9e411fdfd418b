// Finds a context by its number and keeps few of them: a log may hold more contexts than memory does.

import Vocabulary

/// Where each context of a log stands. What is kept is bounded: `mostRuns` runs, one block of definitions, and a few contexts read last.
final class ContextIndex {
    /// Numbers that follow one another within one block; offset 0 stands for the file header.
    struct Run: Equatable {
        var first: UInt32
        var last: UInt32
        var offset: UInt64
    }

    /// A context on its way: as text it is made only when somebody wants it.
    struct Entry {
        var number: UInt32
        /// Where it stands in the payload.
        var place: UInt32
    }

    /// 16 MiB of runs.
    static let mostRuns = 1 << 20
    static let mostKept = 4096
    static let mostKeptBytes = 1 << 20

    private let map: BlockMap
    private let payloads: BlockPayload
    private let limit: Int
    private(set) var runs: [Run] = []
    private var isSorted = true
    private var isFull = false
    /// Contexts for which there was no room.
    private(set) var passedOver: UInt64 = 0
    /// The contexts read last.
    private(set) var kept: [UInt32: Context] = [:]
    private var keptBytes = 0
    /// The entries of the block read last, whose payload is in `payloads` or `headerBody`.
    private var loaded: UInt64?
    private var entries: [Entry] = []
    private var payload = UnsafeRawBufferPointer(start: nil, count: 0)
    private var headerBody = Bytes()

    /// - Parameter limit: the most runs to keep.
    init(_ map: BlockMap, limit: Int = ContextIndex.mostRuns) {
        self.map = map
        self.limit = limit
        payloads = BlockPayload(map.input)
    }

    // MARK: Taking in

    /// Notes that the block at `offset` holds this context.
    func note(_ number: UInt32, at offset: UInt64) {
        if let last = runs.last, last.offset == offset, last.last != .max, last.last + 1 == number {
            runs[runs.count - 1].last = number
            return
        }
        if runs.count >= limit, !isFull {
            sort()
            // Without room for many more it would be sorted again at once.
            isFull = runs.count > limit - max(1, limit / 8)
        }
        guard !isFull else { return passedOver += 1 }
        if let last = runs.last, number <= last.last { isSorted = false }
        runs.append(Run(first: number, last: number, offset: offset))
    }

    /// In the order of the numbers, each number once: of two contexts with one number, which only a forged log has, one is forgotten.
    private func sort() {
        guard !isSorted else { return }
        isSorted = true
        runs.sort { ($0.first, $0.offset) < ($1.first, $1.offset) }
        var count = 0
        for var run in runs {
            if count > 0 {
                let before = runs[count - 1].last
                guard run.last > before else { continue }
                run.first = max(run.first, before + 1)
            }
            runs[count] = run
            count += 1
        }
        runs.removeSubrange(count...)
    }

    // MARK: Asking

    /// The highest number given out; 0 for none.
    var highest: UInt32 {
        sort()
        return runs.last?.last ?? 0
    }

    /// Nil when the log does not hold it, or its block cannot be read. Throws 1515 when the disk fails.
    func context(_ number: UInt32) throws(Failure) -> Context? {
        if let known = kept[number] { return known }
        guard let offset = offset(of: number), try load(offset) else { return nil }
        guard let entry = entries.first(where: { $0.number == number }) else { return nil }
        let context = read(entry)
        keep(context, number)
        return context
    }

    /// Hands out every context once, block by block. Nothing of it is kept.
    func forEach(_ body: (UInt32, Context) throws(Failure) -> Step) throws(Failure) {
        sort()
        var offsets = runs.map(\.offset)
        offsets.sort()
        var last: UInt64?
        for offset in offsets where offset != last {
            last = offset
            guard try load(offset) else { continue }
            for entry in entries where self.offset(of: entry.number) == offset {
                if case .enough = try body(entry.number, read(entry)) { return }
            }
        }
    }

    /// The numbers given out last, newest first, at most `count`.
    func newest(_ count: Int) -> [UInt32] {
        sort()
        var numbers: [UInt32] = []
        for run in runs.reversed() {
            for number in (run.first...run.last).reversed() {
                guard numbers.count < count else { return numbers }
                numbers.append(number)
            }
        }
        return numbers
    }

    private func offset(of number: UInt32) -> UInt64? {
        sort()
        var low = 0
        var high = runs.count
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].last < number { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].first <= number else { return nil }
        return runs[low].offset
    }

    private func read(_ entry: Entry) -> Context {
        var reader = BytesReader(UnsafeRawBufferPointer(rebasing: payload[Int(entry.place)...]))
        return Definitions.context(&reader)
    }

    private func keep(_ context: Context, _ number: UInt32) {
        let size = context.size
        if kept.count >= ContextIndex.mostKept || keptBytes + size > ContextIndex.mostKeptBytes {
            kept.removeAll(keepingCapacity: true)
            keptBytes = 0
        }
        guard size <= ContextIndex.mostKeptBytes else { return }
        kept[number] = context
        keptBytes += size
    }

    /// Makes the block at `offset` the one whose entries are known; false when it cannot be read.
    private func load(_ offset: UInt64) throws(Failure) -> Bool {
        if loaded == offset { return true }
        // Operations that name contexts of many large blocks in turn have each of them read again and again.
        try Job.current?.checkStop()
        loaded = nil
        entries = []
        headerBody.resize(to: 0)
        headerBody.shrink(above: 64 << 10)
        if offset == 0 {
            guard try map.readHeaderBody(into: &headerBody) else { return false }
            return take(headerBody.view, isHeader: true, offset)
        }
        guard let header = try map.input.header(at: offset), let bytes = try payloads.read(header.summary) else { return false }
        return take(bytes, isHeader: false, offset)
    }

    private func take(_ bytes: UnsafeRawBufferPointer, isHeader: Bool, _ offset: UInt64) -> Bool {
        payload = bytes
        var reader = BytesReader(bytes)
        if isHeader { LogHeader.skipStructure(&reader) }
        var found: [Entry] = []
        guard Definitions.walk(&reader, table: nil, context: { found.append(Entry(number: $0, place: UInt32($1))) }) else { return false }
        entries = found
        loaded = offset
        return true
    }
}

extension Context {
    /// Bytes of its texts.
    var size: Int { process.utf8.count + user.utf8.count + host.utf8.count + purpose.utf8.count }
}
