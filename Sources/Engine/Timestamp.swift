// Times as people and JSON write them. The engine counts milliseconds since 1970-01-01 UTC; this file alone knows calendars.

import Glibc
public import Vocabulary

public enum Timestamp {
    /// `2026-11-21T09:13:17.138Z`: the form of every time in JSON.
    public static func utc(_ milliseconds: Int64) -> String {
        var (seconds, fraction) = split(milliseconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return date(parts) + "T" + clock(parts) + "." + padded(Int(fraction), 3) + "Z"
    }

    /// `2026-11-21 10:13:17` in the local time zone: the form of lists.
    public static func local(_ milliseconds: Int64) -> String {
        var (seconds, _) = split(milliseconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return date(parts) + " " + clock(parts)
    }

    /// Reads ISO 8601: `2026-11-21`, `2026-11-21T10:13`, `2026-11-21 10:13:17.138`, each with `Z`, `+01:00` or nothing,
    /// which means local time.
    /// - Throws: 1519 with the accepted forms.
    public static func parse(_ text: String) throws(Failure) -> Int64 {
        var scanner = Scanner(text)
        guard let milliseconds = scanner.time() else {
            throw Failure(
                .badValue, "'\(text)' is not a time", hint:
                    "Write it as 2026-11-21T10:13:17 (local time), or with Z or +01:00 at its end.")
        }
        return milliseconds
    }

    private static func split(_ milliseconds: Int64) -> (time_t, Int64) {
        var (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        if fraction < 0 { (seconds, fraction) = (seconds - 1, fraction + 1000) }
        return (time_t(seconds), fraction)
    }

    private static func date(_ parts: tm) -> String {
        "\(padded(Int(parts.tm_year) + 1900, 4))-\(padded(Int(parts.tm_mon) + 1, 2))-\(padded(Int(parts.tm_mday), 2))"
    }

    private static func clock(_ parts: tm) -> String {
        "\(padded(Int(parts.tm_hour), 2)):\(padded(Int(parts.tm_min), 2)):\(padded(Int(parts.tm_sec), 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Reads the parts of an ISO 8601 time from left to right.
private struct Scanner {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    mutating func time() -> Int64? {
        var parts = tm()
        guard let year = number(4), take("-"), let month = number(2), (1...12).contains(month), take("-"),
            let day = number(2), (1...31).contains(day)
        else { return nil }
        parts.tm_year = Int32(year - 1900)
        parts.tm_mon = Int32(month - 1)
        parts.tm_mday = Int32(day)
        parts.tm_isdst = -1
        var fraction: Int64 = 0
        if take("T") || take(" ") {
            guard let hour = number(2), hour < 24, take(":"), let minute = number(2), minute < 60 else { return nil }
            parts.tm_hour = Int32(hour)
            parts.tm_min = Int32(minute)
            if take(":") {
                guard let second = number(2), second < 61 else { return nil }
                parts.tm_sec = Int32(second)
                if take(".") {
                    let digits = rest.prefix { $0.isASCII && $0.isNumber }
                    guard !digits.isEmpty else { return nil }
                    rest = rest.dropFirst(digits.count)
                    fraction = Int64((digits + "000").prefix(3)) ?? 0
                }
            }
        }
        if rest.isEmpty { return Int64(mktime(&parts)) * 1000 + fraction }
        var offset: Int64 = 0
        if !take("Z") {
            guard let sign: Int64 = take("+") ? 1 : take("-") ? -1 : nil, let hours = number(2) else { return nil }
            _ = take(":")
            let minutes = rest.isEmpty ? 0 : number(2)
            guard let minutes, hours < 24, minutes < 60 else { return nil }
            offset = sign * Int64(hours * 3600 + minutes * 60)
        }
        guard rest.isEmpty else { return nil }
        return (Int64(timegm(&parts)) - offset) * 1000 + fraction
    }

    private mutating func number(_ digits: Int) -> Int? {
        let text = rest.prefix(digits)
        guard text.count == digits, text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        rest = rest.dropFirst(digits)
        return Int(text)
    }

    private mutating func take(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }
}
