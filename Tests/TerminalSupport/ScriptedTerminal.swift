// A terminal for tests: events come from a script, pictures are kept. It waits for nothing.

public import TerminalKit

/// Plays a script and records what is shown.
public struct ScriptedTerminal: Terminal {
    public enum Step {
        case event(TerminalEvent)
        /// Runs before the next event: moves a clock on, finishes a pretended job, checks the newest frame.
        case perform((inout ScriptedTerminal) -> Void)
    }

    public private(set) var size: GridSize
    public let glyphs: Glyphs
    public let waker: Waker
    public var isWorking = false
    /// Every picture shown, the oldest first.
    public private(set) var frames: [Frame] = []
    /// The times that were waited for.
    public private(set) var timeouts: [Duration?] = []
    private var steps: [Step]
    private var position = 0

    public init(
        _ size: GridSize = GridSize(columns: 80, rows: 24), glyphs: Glyphs = .unicode, waker: Waker = Waker {}, steps: [Step]
    ) {
        self.size = size
        self.glyphs = glyphs
        self.waker = waker
        self.steps = steps
    }

    public init(_ size: GridSize = GridSize(columns: 80, rows: 24), glyphs: Glyphs = .unicode, events: [TerminalEvent]) {
        self.init(size, glyphs: glyphs, steps: events.map(Step.event))
    }

    public init(_ size: GridSize = GridSize(columns: 80, rows: 24), glyphs: Glyphs = .unicode, keys: [Key]) {
        self.init(size, glyphs: glyphs, steps: keys.map { .event(.key($0)) })
    }

    public var newest: Frame? { frames.last }

    public mutating func present(_ frame: borrowing Frame) { frames.append(copy frame) }

    /// The next event of the script; after its end `.closed(.endOfScript)`.
    public mutating func nextEvent(timeout: Duration?) -> TerminalEvent {
        timeouts.append(timeout)
        while position < steps.count {
            position += 1
            switch steps[position - 1] {
            case .perform(let action):
                action(&self)
            case .event(let event):
                if case .resized(let size) = event { self.size = size }
                return event
            }
        }
        return .closed(.endOfScript)
    }
}
