// Whom a file of ours belongs to: never more open than the data it was made from.

public import Glibc

/// Owner, group and permission bits for files that this room creates.
public struct Ownership: Sendable, Equatable {
    public var owner: uid_t
    public var group: gid_t
    public var mode: mode_t

    public init(owner: uid_t, group: gid_t, mode: mode_t) {
        self.owner = owner
        self.group = group
        self.mode = mode
    }
}
