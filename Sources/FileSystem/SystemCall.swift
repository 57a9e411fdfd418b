// The one place where this program changes files. Every open, write, sync, rename, truncate and unlink passes `permit`,
// so that a test can make the n-th call fail and prove that each failure leaves the old state or the new one.

import Glibc
import Synchronization

/// The calls that can be made to fail.
public enum SystemCall: String, Sendable, CaseIterable {
    case open, read, write, sync, rename, link, unlink, truncate, makeFolder
}

/// A plan that makes calls fail, for tests: set with `Faults.install`.
public enum Faults {
    /// Returns the errno the call is to fail with, or nil to let it through.
    public typealias Plan = @Sendable (SystemCall, _ path: String) -> Int32?

    /// Instead of an error number: half of the bytes are written, then the disk is full.
    public static let tornWrite: Int32 = -1

    private static let plans = Mutex<[String: Plan]>([:])
    private static let isActive = Atomic<Bool>(false)

    /// Installs a plan for the whole process; nil removes it. Tests run beside each other: each owner has a plan of its own, and tells its
    /// paths from those of others.
    public static func install(_ new: Plan?, by owner: String = #fileID) {
        plans.withLock {
            $0[owner] = new
            isActive.store(!$0.isEmpty, ordering: .releasing)
        }
    }

    static func permit(_ call: SystemCall, _ path: String) -> Int32? {
        guard isActive.load(ordering: .acquiring) else { return nil }
        for plan in plans.withLock({ Array($0.values) }) {
            if let code = plan(call, path) { return code }
        }
        return nil
    }
}

/// Why a system call failed. Rooms above turn it into a `Failure` with the code that fits what they were doing.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    public let call: SystemCall
    public let path: String
    public let errno: Int32

    public init(_ call: SystemCall, _ path: String, errno: Int32) {
        self.call = call
        self.path = path
        self.errno = errno
    }

    /// Instead of an error number: what is to be opened is a pipe, socket or device, which might never give or take anything.
    public static let notPlain: Int32 = -2
    /// Its bytes are made up by the kernel as they are read: a file of /proc, /sys and the like.
    public static let madeUp: Int32 = -3
    /// It is a link, where none is followed.
    public static let isLink: Int32 = -4
    /// A link led to it that belongs neither to root, nor to this user, nor to the owner of what it leads to.
    public static let foreignLink: Int32 = -5
    /// It has a second name, and others may have given it one of theirs.
    public static let secondName: Int32 = -6
    /// It belongs to another user, in a folder where everybody may put files.
    public static let foreignOwner: Int32 = -7
    /// What was made under this name is not what stands there now.
    public static let exchanged: Int32 = -8

    /// The system's own words ("No space left on device"), or ours.
    public var reason: String {
        switch errno {
        case SystemError.notPlain: "it is no plain file but a pipe, socket or device"
        case SystemError.madeUp: "it is no stored file: the system makes up what is read there"
        case SystemError.isLink: "it is a link, and none is followed here"
        case SystemError.foreignLink: "a link of another user leads there, who does not own what it leads to"
        case SystemError.secondName: "it has a second name elsewhere, and others may have given it this one"
        case SystemError.foreignOwner: "it belongs to another user, in a folder where everybody may put files"
        case SystemError.exchanged: "something else was put in its place"
        default: String(cString: strerror(errno))
        }
    }

    /// Whether the system refused out of right rather than out of trouble.
    public var isPermission: Bool {
        switch errno {
        case EACCES, EPERM, EROFS: true
        case SystemError.isLink, SystemError.foreignLink, SystemError.secondName, SystemError.foreignOwner, SystemError.exchanged: true
        default: false
        }
    }

    public var description: String { "\(call.rawValue) '\(path)': \(reason)" }
}

/// Runs a system call again while a signal interrupts it. Returns its result or throws with errno.
/// - Parameter torn: what a test's `Faults.tornWrite` does before the call fails.
@discardableResult
func systemCall<Result: FixedWidthInteger & SignedInteger>(
    _ call: SystemCall, _ path: String, torn: () -> Void = {}, _ body: () -> Result
) throws(SystemError) -> Result {
    if let code = Faults.permit(call, path) {
        guard code == Faults.tornWrite else { throw SystemError(call, path, errno: code) }
        torn()
        throw SystemError(call, path, errno: ENOSPC)
    }
    while true {
        let result = body()
        if result >= 0 { return result }
        if errno != EINTR { throw SystemError(call, path, errno: errno) }
    }
}
