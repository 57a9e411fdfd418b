// Lanes whose work is done when a test says so, on the test's own thread.

import Synchronization

@testable import Screens

final class ManualLanes: Sendable {
    private let waiting = Mutex<[(lane: Lane, work: @Sendable () -> Void)]>([])

    var lanes: Lanes {
        Lanes { lane, work in self.waiting.withLock { $0.append((lane, work)) } }
    }

    /// The lanes of the work that has not been done yet.
    var pending: [Lane] { waiting.withLock { $0.map(\.lane) } }

    /// Does the work of a lane, or all of it, in order, also what is submitted meanwhile.
    func run(_ lane: Lane? = nil) {
        for _ in 0..<1000 {
            let next = waiting.withLock { waiting in
                waiting.firstIndex { lane == nil || $0.lane == lane }.map { waiting.remove(at: $0).work }
            }
            guard let next else { return }
            next()
        }
    }
}
