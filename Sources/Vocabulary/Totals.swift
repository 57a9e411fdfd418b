// Sums of numbers that files and folders claim: never wrapped, never a trap.

extension FixedWidthInteger {
    /// The sum; the nearest number where there is none.
    public func adding(_ other: Self) -> Self {
        let (sum, isBeyond) = addingReportingOverflow(other)
        return isBeyond ? (other > 0 ? .max : .min) : sum
    }
}

extension Sequence {
    /// The sum of the sizes of all elements; the largest number where that is larger: nothing has room for it.
    public func total(_ size: (Element) -> UInt64) -> UInt64 { reduce(0) { $0.adding(size($1)) } }
}
