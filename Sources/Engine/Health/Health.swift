// How an application stands, judged for monitoring: one state for each question, and the worst of them for all.

import FileSystem
import Vocabulary

/// The health of an application at one moment.
public struct Health: Codable, Sendable, Equatable {
    /// In the order of the exit statuses that monitoring knows.
    public enum State: String, Codable, Sendable, CaseIterable {
        case ok, warning, critical, unknown

        /// 0, 1, 2 or 3.
        public var exitStatus: Int32 {
            switch self {
            case .ok: 0
            case .warning: 1
            case .critical: 2
            case .unknown: 3
            }
        }

        /// What is not known may be bad, but what is known to be bad is worse.
        fileprivate var rank: Int {
            switch self {
            case .ok: 0
            case .warning: 1
            case .unknown: 2
            case .critical: 3
            }
        }
    }

    /// The answer to one question.
    public struct Check: Codable, Sendable, Equatable {
        /// `log`, `integrity`, `anchor`, `pending`, `backup`, `backup_age`,
        /// `archive`, `contents`, `proof`, `automatic`, `space`, `service`, `data`, `disk`, `schema`.
        public var name: String
        public var state: State
        public var message: String
        /// The figure behind it, and from where on it warns or is critical; nil where there is none.
        @OrNull public var value: Double?
        /// `s` or `B`; nil for a plain number.
        @OrNull public var unit: String?
        @OrNull public var warning: Double?
        @OrNull public var critical: Double?

        init(
            _ name: String, _ state: State, _ message: String, value: Double? = nil, unit: String? = nil, warning: Double? = nil,
            critical: Double? = nil
        ) {
            self.name = name
            self.state = state
            self.message = message
            self.value = value
            self.unit = unit
            self.warning = warning
            self.critical = critical
        }
    }

    /// The data file.
    public var data: String
    /// The worst of all checks.
    public var state: State
    public var checks: [Check]
    /// When it was judged: UTC, ISO 8601.
    public var time: String
    /// What metrics tell beyond the checks.
    var figures = Figures()

    private enum CodingKeys: String, CodingKey { case data, state, checks, time }

    init(data: String, checks: [Check], time: String, figures: Figures) {
        self.data = data
        self.checks = checks
        self.time = time
        self.figures = figures
        state = checks.map(\.state).max { $0.rank < $1.rank } ?? .ok
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        data = try container.decode(String.self, forKey: .data)
        state = try container.decode(State.self, forKey: .state)
        checks = try container.decode([Check].self, forKey: .checks)
        time = try container.decode(String.self, forKey: .time)
    }

    /// Figures as they were read; nil where they could not be.
    struct Figures: Sendable, Equatable {
        var log: LogStatus?
        var lastGood: BackupSet?
        var lastAttempt: BackupSet?
        var automation: AutomationStatus?
        var now: Int64 = 0
    }

    /// One line as monitoring plug-ins print it: `MSC STATE: …| figures`. What is wrong comes first.
    public var line: String {
        let sorted = checks.enumerated().sorted {
            $0.element.state.rank == $1.element.state.rank ? $0.offset < $1.offset : $0.element.state.rank > $1.element.state.rank
        }
        var words: [String] = []
        // One cause, such as settings that cannot be read, is the answer to several questions.
        for check in sorted where !words.contains(check.element.message) { words.append(check.element.message) }
        let figures = checks.compactMap { check in check.value.map { Health.figure(check, $0) } }.joined(separator: " ")
        let text = "MSC \(state.rawValue.uppercased()): \(Folder.name(of: data)): \(words.joined(separator: "; "))"
        return Health.plain(text) + (figures.isEmpty ? "" : " | \(figures)")
    }

    /// `label=value[unit];warning;critical;minimum`.
    private static func figure(_ check: Check, _ value: Double) -> String {
        let bounds = [check.warning, check.critical].map { $0.map(number) ?? "" }
        return "\(check.name)=\(number(value))\(check.unit ?? "");\(bounds[0]);\(bounds[1]);0"
    }

    /// Whole numbers: seconds, bytes and counts need no more.
    static func number(_ value: Double) -> String { String(Int64(min(max(value, -9e18), 9e18))) }

    /// The bar separates the figures, and a line is one line.
    private static func plain(_ text: String) -> String {
        SafeText.escaped(String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "|" ? "/" : $0 == "\n" || $0 == "\t" ? " " : $0 })))
    }
}

/// From where on a figure is a warning, and from where on it is critical.
public struct HealthThresholds: Sendable, Equatable {
    public struct Bounds: Sendable, Equatable {
        public var warning: Double
        public var critical: Double
        public init(warning: Double, critical: Double) {
            self.warning = warning
            self.critical = critical
        }

        func state(_ value: Double) -> Health.State { value >= critical ? .critical : value >= warning ? .warning : .ok }
    }

    /// Seconds since the last good backup began: a day and two hours, two days and two hours.
    public var backupAge = Bounds(warning: 93_600, critical: 180_000)
    /// Seconds since an archive was last proved to restore; nil where nobody asks for that.
    public var proofAge: Bounds?
    /// Captured changes that are not in the log yet.
    public var pending = Bounds(warning: 10_000, critical: 1_000_000)
    /// Free space at the destination, in backups of the size of the last one: fewer than the first is a warning.
    public var space = Bounds(warning: 3, critical: 1.1)

    public init() {}
}
