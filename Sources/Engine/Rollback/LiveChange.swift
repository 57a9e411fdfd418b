// One transaction of ours on a live database (invariant I6): rows are changed through SQLite, and every change is captured, so
// that it is in the log like any other and can be undone itself.

import Database
import LogFile
import Vocabulary

struct LiveChange {
    let connection: Connection
    /// The log that the changes go to; nil when the database has none.
    let session: LogSession?
    /// Said in the log as the context's purpose.
    let purpose: String
    /// The values of the `rollback` entry: what the log's reader is told.
    let mark: [Value]

    /// Runs `body` in one write transaction that other programs see whole or not at all.
    ///
    /// On Stop, failure or kill -9 the data are as before. Waits up to ten seconds for a writer, then 1420.
    /// - Parameter body: gets the applier inside the transaction, when the log is complete up to the present moment.
    func run(_ direction: Applier.Direction, _ context: Context, _ job: Job, _ body: (Applier) throws -> Void) throws {
        var said = context
        said.purpose = purpose
        let isCaptured = try Capture.isInstalled(connection)
        let observe: Applier.Observer? = isCaptured ? try Witness(connection, said).observe : nil
        let applier = try Applier(connection, direction, observe: observe)
        do {
            try WriteTransaction(connection: connection, session: session).run(job) {
                if isCaptured {
                    try Capture.writeMarker(connection, action: .startTransaction, context: said)
                    try Capture.writeMarker(connection, action: .rollback, payload: mark, context: said)
                }
                try body(applier)
                try applier.finish()
                // A structure that changed with the rows is in the log before the end of this transaction.
                try session?.resynchronise(force: false, job)
                if isCaptured { try Capture.writeMarker(connection, action: .validateTransaction, context: said) }
                try job.checkStop()
            }
        } catch {
            try? applier.close()
            throw error
        }
        try applier.close()
    }
}

/// Writes the observations that let the drain derive what we did, as triggers do for others.
private final class Witness {
    private let connection: Connection
    private let context: Context
    /// By lower-case name: the definitions in force, and with the first change of a table its observer.
    private var definitions: [String: TableDefinition]
    private var observers: [String: Observer] = [:]

    init(_ connection: Connection, _ context: Context) throws {
        self.connection = connection
        self.context = context
        definitions = Dictionary(
            try Capture.definitions(connection).filter(\.isCurrent).map { ($0.definition.name.lowercased(), $0.definition) },
            uniquingKeysWith: { first, _ in first })
    }

    /// A table that is not journaled is not observed, nor one made anew in this transaction: the log gets all its rows.
    func observe(_ table: TableDefinition, _ action: Action, _ key: UnsafeRawBufferPointer) throws(Failure) {
        let name = table.name.lowercased()
        guard let definition = definitions[name] else { return }
        do {
            guard let observer = try observers[name] ?? make(definition) else { return definitions[name] = nil }
            observers[name] = observer
            if action == .addition { try observer.observeAbsent(key) } else { try observer.observe(key) }
        } catch let error as DatabaseError { throw error.failure } catch let failure as Failure { throw failure } catch {
            // Untested: for an error that the engine forgot to make a Failure of; the tests know of none.
            throw Failure(
                .databaseError, "capturing a change of ours failed", cause: String(describing: error), hint: "Nothing was changed.")
        }
    }

    /// Nil when the table is not the one that capture knows.
    private func make(_ definition: TableDefinition) throws -> Observer? {
        guard try Capture.watched(connection, [definition]) == [definition.id] else { return nil }
        return try Observer(connection, definition, context: context)
    }
}
