// Finding the matches of a query piece by piece, and reading them by their places.

import LogFile
public import Vocabulary

extension OperationBrowser {
    /// Looks for matches for a slice of time.
    /// - Throws: 1406 when `job` is stopped; `matches` then is as far as it got.
    public func extend(_ matches: inout OperationMatches, _ job: Job, for slice: TimeSlice) throws(Failure) {
        var pace = Pace(slice, span: matches.span)
        while let side = matches.side {
            let isOlder = side == \.older
            let next = matches[keyPath: side].next
            let range = isOlder ? max(matches.first, pace.end(downFrom: next))...next : next...min(matches.last, pace.end(from: next))
            var found: [(number: UInt64, time: Int64)] = []
            var damaged: UInt64 = 0
            try walk(range, reverse: isOlder, matches.query, job, damage: { damaged += $0.count }) { operation, _ in
                found.append((operation.number, operation.time))
                return .next
            }
            for match in found {
                matches[keyPath: side].add(match.number)
                matches.histogram.add(1, at: match.time)
            }
            matches.damaged += damaged
            matches[keyPath: side].next = isOlder ? range.lowerBound - 1 : range.upperBound + 1
            matches.grow(first: firstOperation, last: lastOperation)
            if slice.isOver { break }
            pace.adapt()
        }
        matches.span = pace.span
        matches.turn()
    }

    /// The operations at some places, in order. Damaged ones are left out.
    /// - Throws: 1406 when `job` is stopped.
    public func rows(
        of matches: OperationMatches, at places: Range<Int>, _ job: Job = Job()
    ) throws(Failure) -> [(place: Int, row: OperationRow)] {
        let wanted = places.clamped(to: matches.places)
        if matches.isDirect {
            guard let first = matches.number(of: wanted.lowerBound) else { return [] }
            return try rows(from: first, count: wanted.count, job).compactMap { row in
                let place = wanted.lowerBound + Int(clamping: row.number - first)
                return wanted.contains(place) ? (place, row) : nil
            }
        }
        let border = min(max(0, wanted.lowerBound), wanted.upperBound)
        let older = try rows(of: matches, older: wanted.lowerBound..<min(border, wanted.upperBound), job)
        return older + (try rows(of: matches, newer: border..<wanted.upperBound, job))
    }

    private func rows(
        of matches: OperationMatches, newer places: Range<Int>, _ job: Job
    ) throws(Failure) -> [(place: Int, row: OperationRow)] {
        if matches.newer.stride == 1 { return try rows(of: matches, each: Array(places), job) }
        return try rows(of: matches, ranks: places, in: matches.newer, reverse: false, job).map { ($0.rank, $0.row) }
    }

    private func rows(
        of matches: OperationMatches, older places: Range<Int>, _ job: Job
    ) throws(Failure) -> [(place: Int, row: OperationRow)] {
        if matches.older.stride == 1 { return try rows(of: matches, each: Array(places), job) }
        let ranks = (-places.upperBound)..<(-places.lowerBound)
        return try rows(of: matches, ranks: ranks, in: matches.older, reverse: true, job).map { (-1 - $0.rank, $0.row) }.reversed()
    }

    /// Walks from the anchor before the first one wanted.
    private func rows(
        of matches: OperationMatches, ranks: Range<Int>, in side: OperationMatches.Side, reverse: Bool, _ job: Job
    ) throws(Failure) -> [(rank: Int, row: OperationRow)] {
        guard !ranks.isEmpty else { return [] }
        let stride = Int(clamping: side.stride)
        let anchor = ranks.lowerBound / stride
        guard anchor < side.anchors.count else { return [] }
        var rank = anchor * stride
        var found: [(Int, OperationRow)] = []
        let start = side.anchors[anchor]
        let range = reverse ? matches.first...start : start...matches.last
        try walk(range, reverse: reverse, matches.query, job) { (operation, reader) throws(Failure) in
            if ranks.contains(rank) { found.append((rank, try OperationBrowser.row(operation, reader))) }
            rank += 1
            return rank < ranks.upperBound ? .next : .enough
        }
        return found
    }

    /// The operations at places that need not be neighbours, in the order of the log.
    public func rows(
        of matches: OperationMatches, each places: [Int], _ job: Job = Job()
    ) throws(Failure) -> [(place: Int, row: OperationRow)] {
        let numbered = places.compactMap { place in matches.number(of: place).map { (place: place, number: $0) } }
            .sorted { $0.number < $1.number }
        guard numbered.count == places.count else {
            // Only anchors are known: each is reached from the one before it.
            var found: [(Int, OperationRow)] = []
            for place in places { found += try rows(of: matches, at: place..<place + 1, job) }
            return found
        }
        var found: [(Int, OperationRow)] = []
        var start = 0
        while start < numbered.count {
            // Neighbours are read together: a block is decoded as a whole anyway.
            var end = start + 1
            while end < numbered.count, numbered[end].number - numbered[end - 1].number <= 4096 { end += 1 }
            var next = start
            try walk(numbered[start].number...numbered[end - 1].number, reverse: false, matches.query, job) { (operation, reader) throws(Failure) in
                while next < end, numbered[next].number < operation.number { next += 1 }
                if next < end, numbered[next].number == operation.number {
                    found.append((numbered[next].place, try OperationBrowser.row(operation, reader)))
                }
                return .next
            }
            start = end
        }
        return found
    }

    /// The place of an operation among the matches; the place of the next match when it is none itself. Nil when it lies where
    /// nobody has looked yet.
    public func place(of number: UInt64, in matches: OperationMatches, _ job: Job = Job()) throws(Failure) -> Int? {
        if matches.isDirect {
            let nearest = min(max(number, matches.first), matches.last)
            return Int(clamping: Int64(clamping: nearest) - Int64(clamping: matches.origin))
        }
        if number >= matches.origin {
            guard number < matches.newer.next else { return nil }
            let anchor = (matches.newer.anchors.firstIndex { $0 > number } ?? matches.newer.anchors.count) - 1
            guard anchor >= 0 else { return 0 }
            var place = anchor * Int(clamping: matches.newer.stride) - 1
            let start = matches.newer.anchors[anchor]
            try walk(start...number, reverse: false, matches.query, job) { operation, _ in
                place += 1
                return .next
            }
            return place
        }
        guard number > matches.older.next || matches.older.isDone else { return nil }
        let anchor = (matches.older.anchors.firstIndex { $0 < number } ?? matches.older.anchors.count) - 1
        guard anchor >= 0 else { return min(0, matches.places.upperBound - 1) }
        var rank = anchor * Int(clamping: matches.older.stride) - 1
        let start = matches.older.anchors[anchor]
        try walk(number...start, reverse: true, matches.query, job) { operation, _ in
            rank += 1
            return .next
        }
        return -1 - rank
    }

    /// Looks for the next operation that meets the query and holds a text, for a slice of time.
    /// - Returns: the operation found, or the one to go on with; both nil at the end.
    public func find(
        _ text: String, from number: UInt64, reverse: Bool, in query: ActivityQuery, _ job: Job, for slice: TimeSlice
    ) throws(Failure) -> (found: UInt64?, next: UInt64?) {
        var wanted = query
        wanted.search = text
        let first = max(firstOperation, query.from ?? 0)
        let last = min(lastOperation, query.to ?? .max)
        var next = reverse ? min(number, last) : max(number, first)
        var pace = Pace(slice)
        while next >= first, next <= last {
            let range = reverse ? max(first, pace.end(downFrom: next))...next : next...min(last, pace.end(from: next))
            var candidates: [UInt64] = []
            try walk(range, reverse: reverse, wanted, job) { operation, _ in
                candidates.append(operation.number)
                // Where the list is filtered by another text, a hit must be one of its rows: a few more are kept.
                return query.search == nil ? .enough : .next
            }
            for candidate in candidates {
                guard query.search != nil else { return (candidate, nil) }
                var one = query
                (one.from, one.to) = (candidate, candidate)
                if try !rows(from: candidate, count: 1, matching: one, job).isEmpty { return (candidate, nil) }
            }
            next = reverse ? range.lowerBound - 1 : range.upperBound + 1
            if slice.isOver { break }
            pace.adapt()
        }
        return (nil, next >= first && next <= last ? next : nil)
    }

    /// Counts all operations within `from` and `to` of a query by time, for a slice of time. Most of it comes from block headers.
    /// - Returns: the operation to go on with; nil at the end.
    public func histogram(
        from number: UInt64, to end: UInt64, into histogram: inout TimeHistogram, _ job: Job, for slice: TimeSlice
    ) throws(Failure) -> UInt64? {
        var next = max(number, firstOperation)
        let last = min(end, lastOperation)
        if histogram.isEmpty, next <= last { histogram.reserve(times) }
        var pace = Pace(slice)
        while next <= last {
            let end = min(pace.end(from: next), last)
            var counts = histogram
            try walkTimes(next...end, job, isFine: { histogram.isFine($0) }) { time, count in counts.add(count, at: time) }
            histogram = counts
            next = end + 1
            if slice.isOver { break }
            pace.adapt()
        }
        return next <= last ? next : nil
    }
}
