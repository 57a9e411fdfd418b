import FileSystem
import Glibc
import Synchronization
import Testing
import Vocabulary

/// Runs `body` again and again, each time with the next call on a file below `folder` failing, until a run meets no
/// failure. `body` prepares, calls `fault`, does its work, calls `end` (true: the fault was met), and checks.
///
/// Each call fails once: in the test command as on a full disk, each third one as on a broken disk (EIO) or as one that is not
/// permitted (EACCES), in turn; with MSC_FAULT=ENOSPC, EIO or EACCES always as that.
/// - Returns: how many calls failed.
@discardableResult
func withEveryFault(
    below folder: String, _ body: (_ fault: () -> Void, _ end: () -> Bool) throws -> Void
) throws -> Int {
    try everyCall(below: folder, fault: faultCode) { arm, end in
        let code = Injected.fault
        try body({ arm { code } }, end)
    }
}

/// The same with an effect of the test's choice at the next call: an error number, or nil after pressing Stop.
@discardableResult
func withEveryCall(
    below folder: String,
    _ body: (_ arm: @escaping (_ effect: @escaping @Sendable () -> Int32?) -> Void, _ end: @escaping () -> Bool) throws -> Void
) throws -> Int {
    try everyCall(below: folder, fault: { _ in 0 }, body)
}

/// How the call of the present run fails.
enum Injected { @TaskLocal static var fault: Int32 = ENOSPC }

private func faultCode(_ call: Int) -> Int32 {
    if let text = getenv("MSC_FAULT"), let code = ["EIO": EIO, "EACCES": EACCES, "ENOSPC": ENOSPC][String(cString: text)] { return code }
    return call % 3 == 1 ? call % 6 == 1 ? EIO : EACCES : ENOSPC
}

private func everyCall(
    below folder: String, fault: (_ call: Int) -> Int32,
    _ body: (_ arm: @escaping (_ effect: @escaping @Sendable () -> Int32?) -> Void, _ end: @escaping () -> Bool) throws -> Void
) throws -> Int {
    let ceiling = 600
    var met = 0
    var isOver = false
    // Each folder has a plan of its own: loops run beside each other.
    defer { Faults.install(nil, by: folder) }
    while !isOver, met < ceiling {
        let target = met + 1
        let state = Hits()
        try Injected.$fault.withValue(fault(target)) {
            try body(
                { effect in
                    let plan: Faults.Plan = { call, path in
                        guard path.hasPrefix(folder), state.next() == target, let code = effect() else { return nil }
                        // A disk that becomes full takes a part of the bytes.
                        return code == ENOSPC && call == .write ? Faults.tornWrite : code
                    }
                    Faults.install(plan, by: folder)
                },
                {
                    Faults.install(nil, by: folder)
                    return state.count >= target
                })
        }
        Faults.install(nil, by: folder)
        if state.count >= target { met = target } else { isOver = true }
    }
    #expect(met < ceiling)
    return met
}

private final class Hits: Sendable {
    private let value = Mutex(0)
    func next() -> Int { value.withLock { $0 += 1; return $0 } }
    var count: Int { value.withLock { $0 } }
}

/// The error of an operation in which a call failed: one with a code, which does not call a full or a broken disk a matter of rights
/// nor the other way round.
func expectRightCode(_ error: any Error, at location: SourceLocation = #_sourceLocation) {
    let (wrong, name): (Set<ErrorCode>, String) =
        switch Injected.fault {
        case EACCES: ([.readFailed, .writeFailed, .notEnoughSpace], "EACCES")
        case EIO: ([.noPermission, .notEnoughSpace], "EIO")
        default: ([.noPermission], "ENOSPC")
        }
    let code = (error as? Failure)?.code
    #expect(code.map { !wrong.contains($0) } == true, "\(name): \(error)", sourceLocation: location)
}

/// A folder for sites, so that a plan can tell their files from those of other tests. It goes with the value.
final class FaultPlace {
    let folder: String

    init() throws {
        var template = Array("\(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp")/msc-faults-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? Folder.removeTree(folder) }
}
