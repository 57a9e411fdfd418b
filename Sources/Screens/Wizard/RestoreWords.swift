// How the wizard says things: times, operations, stretches of time.

import Engine
import Vocabulary

enum RestoreWords {
    /// `operations 4 to 6 (3)`, `operation 4`, `no operations`.
    static func operations(_ first: UInt64, _ last: UInt64) -> String {
        if last < first { return "no operations" }
        return first == last ? "operation \(first)" : "operations \(first) to \(last) (\(last - first + 1))"
    }

    /// `4 to 6 (3)`, `4`, `empty`.
    static func range(_ first: UInt64, _ last: UInt64) -> String {
        last < first ? "empty" : first == last ? "\(first)" : "\(first) to \(last) (\(last - first + 1))"
    }

    static func count(_ number: some BinaryInteger, _ singular: String) -> String { "\(number) \(singular)\(number == 1 ? "" : "s")" }

    /// The clock alone when the day is the same: `10:13:17`.
    static func clock(_ milliseconds: Int64) -> String { String(Timestamp.local(milliseconds).dropFirst(11)) }

    /// `operation 8 of 2026-11-21 10:11:05`.
    static func point(_ point: RestorePoint) -> String {
        point.operation == 0 ? "the beginning" : "operation \(point.operation)\(point.time.map { " of \(Timestamp.local($0))" } ?? "")"
    }

    /// `8 (10:11:05)`.
    static func shortPoint(_ point: RestorePoint) -> String { "\(point.operation)\(point.time.map { " (\(clock($0)))" } ?? "")" }

    /// `42 s`, `12 min`, `3 h 20 min`, `5 days`.
    static func span(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1000)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: return "\(seconds / 86_400) days"
        }
    }

    /// `operations 9 to 12 (4), 10:11:05 to 10:14:00`, the date only where it is another one.
    static func shortRest(_ rest: PointStanding.Rest, after end: RestorePoint) -> String {
        let text = operations(rest.first, rest.last)
        guard let start = rest.start, let last = rest.end else { return text }
        let day = Timestamp.local(end.time ?? start).prefix(10)
        func short(_ time: Int64) -> String { Timestamp.local(time).hasPrefix(day) ? clock(time) : Timestamp.local(time) }
        return "\(text), \(short(start))\(start == last ? "" : " to \(short(last))")"
    }

    /// `operations 9 to 12 (4), from 2026-11-21 10:11:05 to 2026-11-21 10:14:00, 3 min`.
    static func rest(_ rest: PointStanding.Rest) -> String {
        var text = RestoreWords.operations(rest.first, rest.last)
        if let start = rest.start, let end = rest.end {
            text += ", from \(Timestamp.local(start)) to \(Timestamp.local(end)), \(span(end - start))"
        }
        return text
    }

    /// The last part of a path.
    static func name(_ path: String) -> String { String(path.split(separator: "/").last ?? "") }

    static func sentence(_ failure: Failure) -> String { "Error \(failure.code.rawValue): \(failure.sentence)." }
}
