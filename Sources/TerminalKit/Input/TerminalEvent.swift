// What comes from a terminal to the loop of a program.

/// Why there will be no more input.
public enum Closing: Hashable, Sendable {
    /// The terminal is gone: the connection broke or its window was closed.
    case hangUp
    /// The process was asked to end by that signal. The terminal itself still works, so that a program may say what
    /// it is waiting for while it stops its work.
    case signal(Int32)
    /// A scripted terminal has no more events.
    case endOfScript

    /// The exit status by which a shell knows the reason: 128 + signal.
    public var exitStatus: Int32 {
        switch self {
        case .hangUp: 129
        case .signal(let number): 128 + number
        case .endOfScript: 0
        }
    }
}

/// One event. A program handles all of them and draws again.
public enum TerminalEvent: Hashable, Sendable {
    case key(Key)
    case mouse(MouseEvent)
    /// The screen has this size now, or must be drawn anew for another reason (the program was suspended).
    case resized(GridSize)
    /// Somebody called `Waker.wake`: look for news.
    case woken
    /// The time given to `nextEvent` is over.
    case timedOut
    /// Leave: save nothing further on this terminal. A signal is reported once; a hang-up again and again.
    case closed(Closing)
}
