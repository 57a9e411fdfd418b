// Where work is done: one thread at a time for each kind of work, so that the keyboard never waits and a long reading of one
// page holds up no other. Blocking work stays off the cooperative pool, which is only as wide as the machine has cores.

import Dispatch
import Synchronization

/// A row of work that is done one after the other.
enum Lane: Hashable, Sendable {
    case overview, operation, chooser
    case page(PageID)

    var label: String {
        switch self {
        case .overview: "overview"
        case .operation: "operation"
        case .chooser: "chooser"
        case .page(let page): "reader of \(page.rawValue)"
        }
    }
}

/// Takes work for a lane and has it done. Tests have one that does it when they say so.
struct Lanes: Sendable {
    let submit: @Sendable (Lane, @escaping @Sendable () -> Void) -> Void

    init(_ submit: @escaping @Sendable (Lane, @escaping @Sendable () -> Void) -> Void) { self.submit = submit }

    /// Queues of the system, one for each lane.
    static func queues() -> Lanes {
        let queues = Queues()
        return Lanes { lane, work in queues.queue(lane).async(execute: work) }
    }

    private final class Queues: Sendable {
        private let made = Mutex<[Lane: DispatchQueue]>([:])

        func queue(_ lane: Lane) -> DispatchQueue {
            made.withLock { made in
                if let queue = made[lane] { return queue }
                let queue = DispatchQueue(label: lane.label)
                made[lane] = queue
                return queue
            }
        }
    }
}
