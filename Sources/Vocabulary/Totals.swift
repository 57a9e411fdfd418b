// Sums of sizes that files and folders claim: never wrapped, never a trap.

extension UInt64 {
    /// The sum; the largest number where that is larger.
    public func adding(_ other: UInt64) -> UInt64 {
        let (sum, isTooLarge) = addingReportingOverflow(other)
        return isTooLarge ? .max : sum
    }
}

extension Sequence {
    /// The sum of the sizes of all elements; the largest number where that is larger: nothing has room for it.
    public func total(_ size: (Element) -> UInt64) -> UInt64 { reduce(0) { $0.adding(size($1)) } }
}
