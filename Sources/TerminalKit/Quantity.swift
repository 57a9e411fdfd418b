// Amounts and times as a person reads them. Pure functions: the same everywhere on the screen.

/// Texts for numbers.
public enum Quantity {
    /// `950 bytes`, `1.5 KB`, `310.0 MB`: decimal units, as disks are sold.
    public static func bytes(_ count: UInt64) -> String {
        guard count >= 1000 else { return count == 1 ? "1 byte" : "\(count) bytes" }
        var value = Double(count)
        let units = ["KB", "MB", "GB", "TB", "PB"]
        for unit in units {
            value /= 1000
            if value < 999.95 || unit == units.last {
                let tenths = Int((value * 10).rounded())
                return "\(tenths / 10).\(tenths % 10) \(unit)"
            }
        }
        // Untested: the last unit takes whatever the others left.
        return "\(count) bytes"
    }

    /// `12 345 678`: groups of three, separated by a blank.
    public static func number(_ count: UInt64) -> String {
        let digits = Array(String(count))
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += " " }
            text.append(digit)
        }
        return text
    }

    /// `7 s`, `2 min 05 s`, `1 h 02 min`, `3 d 04 h`. Negative times count as zero.
    public static func time(_ time: Duration) -> String {
        let seconds = max(0, time.components.seconds)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return "\(seconds / 60) min \(two(seconds % 60)) s" }
        if seconds < 86400 { return "\(seconds / 3600) h \(two(seconds / 60 % 60)) min" }
        return "\(seconds / 86400) d \(two(seconds / 3600 % 24)) h"
    }

    /// `62 %`; never 100 before the end and never 0 after the beginning.
    public static func percent(_ done: UInt64, of total: UInt64) -> String {
        guard total > 0 else { return "" }
        if done >= total { return "100 %" }
        let share = Int(Double(done) / Double(total) * 100)
        return "\(min(99, done > 0 ? max(1, share) : 0)) %"
    }
}
