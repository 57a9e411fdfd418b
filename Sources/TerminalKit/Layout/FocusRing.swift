// Which of a page's controls the keys go to. Tab goes on, Shift-Tab goes back, controls that cannot be used are skipped.

/// The order of a page's controls and the one that has the keys.
public struct FocusRing<ID: Hashable & Sendable>: Hashable, Sendable {
    public private(set) var order: [ID]
    public private(set) var current: ID?
    public private(set) var skipped: Set<ID> = []

    public init(_ order: [ID]) {
        self.order = order
        current = order.first
    }

    public func has(_ id: ID) -> Bool { current == id }

    public mutating func focus(_ id: ID) {
        if order.contains(id), !skipped.contains(id) { current = id }
    }

    /// Takes controls out of the ring, or back in. The focus moves on when its control is taken out.
    public mutating func skip(_ ids: Set<ID>) {
        skipped = ids
        if let current, ids.contains(current) { move(by: 1) }
        if current == nil { current = order.first { !ids.contains($0) } }
    }

    /// Handles Tab and Shift-Tab; says whether the key was one of them.
    public mutating func handle(_ key: Key) -> Bool {
        switch key {
        case .tab: move(by: 1)
        case .backTab: move(by: -1)
        default: return false
        }
        return true
    }

    private mutating func move(by step: Int) {
        guard let current, let start = order.firstIndex(of: current) else { return }
        for distance in 1...max(1, order.count) {
            let index = ((start + step * distance) % order.count + order.count) % order.count
            if !skipped.contains(order[index]) {
                self.current = order[index]
                return
            }
        }
        self.current = nil
    }
}
