// How much damage a parity file shall be good for: the words of the settings, and what they mean in blocks.

/// The strength of a parity file, as the settings name it.
public struct ParityStrength: Sendable, Equatable {
    /// How much is added.
    public enum Redundancy: String, Sendable, CaseIterable {
        case none = "None"
        case low = "Low"
        case medium = "Medium"
        case high = "High"

        /// Parity in percent of what is protected.
        var percent: Int {
            switch self {
            case .none: 0
            case .low: 2
            case .medium: 5
            case .high: 10
            }
        }
    }

    /// How far apart the blocks of a group lie: the longer a damaged stretch may be, at the cost of memory.
    public enum Interlacing: String, Sendable, CaseIterable {
        case none = "None"
        case low = "Low"
        case medium = "Medium"
        case high = "High"

        /// Groups side by side, at most.
        var groups: UInt64 {
            switch self {
            case .none: 1
            case .low: 4
            case .medium: 16
            case .high: 48
            }
        }
    }

    public var redundancy: Redundancy
    public var interlacing: Interlacing

    public init(redundancy: Redundancy, interlacing: Interlacing) {
        self.redundancy = redundancy
        self.interlacing = interlacing
    }
}
