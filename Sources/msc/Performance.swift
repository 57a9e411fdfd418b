// Runs one engine operation for a subcommand: on a thread of its own, with the thermometer on this one, Ctrl-C as Stop,
// and the outcome as text or JSON with the right exit status.

import ArgumentParser
import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import Vocabulary

/// Set by Ctrl-C and SIGTERM; looked at by the waiting loop, which then stops the job. A second one changes nothing:
/// the clean-up is not cut short.
private let stopRequested = Atomic<Bool>(false)

/// What an operation ended with, handed from its thread to the main one.
private final class Ending<Outcome: Sendable>: Sendable {
    let result = Mutex<Result<Outcome, Failure>?>(nil)
}

extension CommonOptions {
    /// Performs `work` under a thermometer and prints its outcome.
    /// - Parameters:
    ///   - text: the outcome for people; nil prints nothing.
    ///   - status: the exit status of a successful outcome: 3 when partial.
    func perform<Outcome: Encodable & Sendable>(
        _ work: @escaping @Sendable (Job) throws -> Outcome, text: (Outcome) -> String?,
        status: (Outcome) -> Int32 = { _ in 0 }
    ) throws {
        let outcome: Outcome
        do { outcome = try run(work) } catch let failure as Failure { throw report(failure) }
        if json {
            print(try CommonOptions.encode(outcome))
        } else if !quiet, let text = text(outcome) {
            print(CommonOptions.printable(text, keepingLines: true))
        }
        let code = status(outcome)
        if code != 0 { throw ExitCode(code) }
    }

    /// Performs `work`, showing progress, and returns what it returns.
    func run<Outcome: Sendable>(_ work: @escaping @Sendable (Job) throws -> Outcome) throws -> Outcome {
        let job = Job()
        let ending = Ending<Outcome>()
        let finished = DispatchSemaphore(value: 0)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in stopRequested.store(true, ordering: .releasing) }
        }
        // A queue of its own: the cooperative pool is as wide as the machine has cores, and blocking work would starve it.
        DispatchQueue(label: "operation").async {
            // Untested: for an error that the engine forgot to make a Failure of; the tests know of none.
            let result = Result { try job.perform(work) }.mapError { error in
                error as? Failure
                    ?? Failure(
                        .databaseError, "an unexpected error ended the operation", cause: String(describing: error),
                        hint: "Please report this sentence.")
            }
            ending.result.withLock { $0 = result }
            finished.signal()
        }
        var thermometer = Thermometer(options: self, started: System.seconds())
        while finished.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
            if stopRequested.load(ordering: .acquiring) { job.stop() }
            thermometer.draw(job.progress, at: System.seconds(), isStopping: job.isStopped)
        }
        thermometer.clear()
        // Untested: the queue signals only after it has stored the result, as it says.
        guard let result = ending.result.withLock({ $0 }) else {
            preconditionFailure("the worker signals only after it has stored its result")
        }
        return try result.get()
    }

    /// Prints a failure where and how it is expected; returns the exit status to throw.
    func report(_ failure: Failure) -> ExitCode {
        if json {
            struct Report: Encodable {
                struct Body: Encodable { var code: Int; var message: String; var hint: String }
                var error: Body
            }
            let report = Report(error: .init(code: failure.code.rawValue, message: failure.sentence, hint: failure.hint))
            print((try? CommonOptions.encode(report)) ?? "{}")
        }
        System.complain("msc: \(failure.description)")
        return ExitCode(1)
    }

    /// - Parameter isPretty: indented over several lines, or all on one.
    static func encode(_ value: some Encodable, isPretty: Bool = true) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return SafeText.escapedJSON(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Text that cannot steer the terminal: tabulators become spaces, and so do line breaks, unless they are kept.
    static func printable(_ text: String, keepingLines: Bool = false) -> String {
        let spaced = String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\t" || $0 == "\n" && !keepingLines ? " " : $0 })
        return SafeText.escaped(String(spaced), keeping: ["\n"])
    }
}
