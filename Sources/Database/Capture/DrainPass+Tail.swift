// What a key became after its last observation in a round: its next observation, in a later round, or the row as it is now.

import Vocabulary

extension DrainPass {
    /// Reads the rows as they are now, of all keys of which nothing comes after the round.
    mutating func readPresent() throws {
        present.removeAll(round.observations.count)
        for position in round.observations.indices {
            let observation = round.observations[position]
            guard observation.next < 0, observation.kind != .marker else { continue }
            let table = tables[observation.table]
            guard table.shape.hasRowid, barriers.reachesPresent(table.family, observation.space) else { continue }
            if later != nil, places.find(hash(of: observation, round.bytes)) != nil { continue }
            present.want(position, table: observation.table, key: observation.key(round.bytes.bytes))
        }
        try present.read(tables, connection, limit: limits.bytes)
    }

    /// Reads what a key became after its last observation in the round: its next observation, or the row as it is now.
    mutating func loadTail(_ position: Int) throws {
        if tail.index == position { return }
        tail = (position, .unknown, false)
        tailImage.removeAll()
        if let (isThere, image) = present.image(position) {
            tail.state = isThere ? .present : .absent
            tailImage.append(image)
            return
        }
        let observation = round.observations[position]
        if later != nil, let place = places.find(hash(of: observation, round.bytes)) {
            if let found = try readLater(place.next, observation) { return try take(found, from: place.complete, observation) }
            if let n = try searchLater(observation), let found = try readLater(n, observation) { return try take(found, from: nil, observation) }
        }
        try loadPresent(observation)
    }

    private mutating func loadPresent(_ observation: Observation) throws {
        let family = tables[observation.table].family
        guard barriers.reachesPresent(family, observation.space), let rows = try tables.present(observation.table, connection) else { return }
        let isThere = try rows.read(observation.key(round.bytes.bytes), into: &tailImage)
        tail.state = isThere ? .present : .absent
    }

    /// The observation in the outbox row `n`, its bytes in `scratch`, if it is one of this key.
    private mutating func readLater(_ n: Int64, _ observation: Observation) throws -> Observation? {
        scratch.removeAll()
        if finder == nil { finder = try OutboxReader(connection, tables, after: n - 1) } else { try finder?.restart(after: n - 1) }
        guard case (.observation(var found), let context)? = try finder?.next(into: &scratch) else { return nil }
        found.context = context == nil ? 0 : 1
        let family = tables[observation.table].family
        guard tables[found.table].family == family, found.key(scratch.bytes).matches(observation.key(round.bytes.bytes)) else { return nil }
        return found
    }

    /// Makes an observation the tail. The values that it leaves out are in the first one after it that is complete, or in the row.
    /// - Parameter complete: where that one is, or the one of a key that shares the hash; 0 when there is none; nil when it is not known.
    private mutating func take(_ found: Observation, from complete: Int64?, _ observation: Observation) throws {
        if found.isInserted, observation.isUpdateInPlace { throw unordered(observation) }
        if found.state == .absent || !found.hasOmissions {
            tail.state = found.state
            tailImage.append(found.image(scratch.bytes))
            return
        }
        var image = RowBuffer()
        image.append(found.image(scratch.bytes))
        var full: Observation?
        if let complete, complete != 0 { full = try readLater(complete, observation) }
        if full == nil, complete != 0, let n = try searchLater(observation, leavesNothingOut: true) { full = try readLater(n, observation) }
        if let full {
            tailImage.append(full.image(scratch.bytes))
        } else {
            try loadPresent(observation)
        }
        var source = RowBuffer()
        swap(&source, &tailImage)
        tail.state = .present
        var cursor = ValueCursor(image.bytes)
        var others = ValueCursor(source.bytes)
        while true {
            let start = cursor.offset
            let othersStart = others.offset
            guard let value = cursor.next() else { break }
            let isThere = others.next() != nil
            if case .same = value {
                // Without it the row cannot be told.
                guard isThere else {
                    // Untested: the row has to be gone, and its last image to leave something out: its deletion is logged whole.
                    tail = (tail.index, .unknown, true)
                    return  // Untested: as above.
                }
                tailImage.append(source.slice(othersStart, others.offset))
            } else {
                tailImage.append(image.slice(start, cursor.offset))
            }
        }
    }

    /// Two keys share a hash, which is next to never: reads on until the key itself comes.
    private mutating func searchLater(_ observation: Observation, leavesNothingOut: Bool = false) throws -> Int64? {
        var reader = try OutboxReader(connection, tables, after: round.observations.last?.n ?? after)
        var bytes = RowBuffer()
        var barriers = barriers
        while let (row, _) = try reader.next(into: &bytes) {
            switch row {
            case .marker(let marker, let action):
                // Untested: two keys have to share a hash on both sides of a gap.
                if action == .gap || action == .reload { barriers.cut(families(marker), at: marker.n) }
            case .observation(let found):
                let family = tables[found.table].family
                if barriers.counts(family, found.n), barriers.space(family) == observation.space, !leavesNothingOut || !found.hasOmissions,
                    found.key(bytes.bytes).matches(observation.key(round.bytes.bytes))
                {
                    return found.n
                }
            }
            bytes.removeAll()
        }
        return nil
    }
}
