// Sizes as people read them.

public enum Amount {
    /// `950 bytes`, `1.5 KB`, `310.0 MB`: decimal units, as disks are sold and `df -H` counts.
    public static func bytes(_ count: UInt64) -> String {
        guard count >= 1000 else { return "\(count) bytes" }
        var value = Double(count) / 1000
        var unit = "KB"
        for larger in ["MB", "GB", "TB"] where value >= 999.95 { (value, unit) = (value / 1000, larger) }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
