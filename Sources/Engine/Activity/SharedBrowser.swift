// A browser that outlives the readings that use it, wherever each of them runs.

import Synchronization
import Vocabulary

/// Holds an open browser between the readings of a page. One at a time uses it; the others wait.
public final class SharedBrowser: Sendable {
    private let browser = Mutex<OperationBrowser?>(nil)

    public init() {}

    /// Opens a browser in place of the one before.
    public func open(_ make: @Sendable () throws -> OperationBrowser) throws {
        try browser.withLock {
            $0 = nil
            $0 = try make()
        }
    }

    /// - Throws: 1412 when no log is open, and what `body` throws.
    public func use<Result: Sendable>(_ body: @Sendable (OperationBrowser) throws -> Result) throws -> Result {
        try browser.withLock { browser in
            guard let browser else {
                throw Failure(.logMissing, "no log is open", hint: "Open a log on the Activity Analysis page.")
            }
            return try body(browser)
        }
    }
}
