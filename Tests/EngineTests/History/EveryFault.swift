import FileSystem
import Glibc
import Synchronization
import Testing

/// Runs `body` again and again, each time with the next call on a file below `folder` failing, until a run meets no
/// failure. `body` prepares, calls `fault`, does its work, calls `end` (true: the
/// fault was met), and checks.
/// - Returns: how many faults were met.
@discardableResult
func withEveryFault(
    below folder: String, _ body: (_ fault: () -> Void, _ end: () -> Bool) throws -> Void
) throws -> Int {
    try withEveryCall(below: folder) { arm, end in try body({ arm { ENOSPC } }, end) }
}

/// The same with an effect of the test's choice at the next call: an error number, or nil after pressing Stop.
@discardableResult
func withEveryCall(
    below folder: String,
    _ body: (_ arm: @escaping (_ effect: @escaping @Sendable () -> Int32?) -> Void, _ end: @escaping () -> Bool) throws -> Void
) throws -> Int {
    let ceiling = 600
    var met = 0
    var runsWithout = 0
    // The plan is the whole process's: one loop of this module at a time, and the end is believed only when it shows
    // twice, since another module's loop may have taken the plan away.
    try faultLoop.withLock { _ in
        while runsWithout < 2, met < ceiling {
            let target = met + 1
            let state = Hits()
            try body(
                { effect in
                    Faults.install { call, path in
                        guard path.hasPrefix(folder), state.next() == target, let code = effect() else { return nil }
                        if let chosenFault { return chosenFault }
                        // A disk that becomes full takes a part of the bytes.
                        return code == ENOSPC && call == .write ? Faults.tornWrite : code
                    }
                },
                {
                    Faults.install(nil)
                    return state.count >= target
                })
            Faults.install(nil)
            if state.count >= target { (met, runsWithout) = (target, 0) } else { runsWithout += 1 }
        }
    }
    #expect(met < ceiling)
    return met
}

/// MSC_FAULT=EIO or EACCES: what failing calls fail with instead of a full disk.
private let chosenFault: Int32? = getenv("MSC_FAULT").flatMap { ["EIO": EIO, "EACCES": EACCES, "ENOSPC": ENOSPC][String(cString: $0)] }

/// The plan is the whole process's: one user of it in this module at a time.
let faultLoop = Mutex(())

private final class Hits: Sendable {
    private let value = Mutex(0)
    func next() -> Int { value.withLock { $0 += 1; return $0 } }
    var count: Int { value.withLock { $0 } }
}
