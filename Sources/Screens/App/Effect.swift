// What a page asks the loop to do. Values, so that a test reads them instead of doing them.

import Engine
public import TerminalKit
public import Vocabulary

/// Work for the loop.
public enum Effect: Sendable {
    /// Says something in the message line until the next key.
    case message(String, Style)
    /// Comes to the front, with something to show there.
    case goTo(PageID, PageRequest?)
    /// Reads something behind the keyboard, on the one thread that reads for pages; the result comes to `receive(key)`. A new
    /// load with the same key stops the one before it.
    case load(key: String, @Sendable (Job) throws -> any Sendable)
    /// Stops a load, when it is not wanted any more.
    case cancelLoad(key: String)
    /// Runs an operation under the thermometer; its outcome comes to `ended`. One at a time: see `OperationRequest`.
    case run(OperationRequest)
    /// Opens a dialog over the page.
    case dialog(any Dialog)
    /// Gives a value to the page's own `receive`, at once: what a dialog was answered with.
    case answer(key: String, any Sendable)
    /// Reads the overview anew.
    case refresh
    case quit
}

/// An engine operation to be run under the thermometer.
public struct OperationRequest: Sendable {
    /// The page's own name for it.
    public var id: String
    /// The thermometer's title: "Backup of SampleDB".
    public var title: String
    /// The command line that does the same, shown in the dialog that starts it.
    public var commandLine: String
    /// It changes the data: while a backup runs, also in another process, it waits in a dialog that can be left (-9976).
    public var changesData: Bool
    /// What is left untouched by a Stop, as a sentence.
    public var stopLeaves: String
    public var work: @Sendable (Job) throws -> any Sendable

    public init(
        id: String, title: String, commandLine: String, changesData: Bool, stopLeaves: String,
        work: @escaping @Sendable (Job) throws -> any Sendable
    ) {
        self.id = id
        self.title = title
        self.commandLine = commandLine
        self.changesData = changesData
        self.stopLeaves = stopLeaves
        self.work = work
    }
}

/// A dialog over a page: a value like a page. Esc always closes it.
public protocol Dialog: Sendable {
    func actions(_ context: PageContext) -> ActionTable<String>
    /// The event is for the dialog alone: nothing behind it hears of it.
    mutating func handle(_ event: TerminalEvent, in size: GridSize, _ context: PageContext) -> DialogAnswer
    /// Draws over what the page has drawn.
    func render(into frame: inout Frame, _ context: PageContext)
}

/// What a dialog says to an event.
public enum DialogAnswer: Sendable {
    case stay
    case close([Effect])
    /// Stays open and has something done.
    case effects([Effect])
}
