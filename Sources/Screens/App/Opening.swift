// What comes before anything is read of a database that has just been opened: a damaged or incomplete one is brought in order,
// where its settings want it. Behind the first picture, and under the thermometer when there is something to do.

import Engine
import TerminalKit
import Vocabulary

/// A look that decides, and the operation that it decides on.
struct Opening: Sendable {
    static let key = "opening"

    /// Changes nothing.
    let isNeeded: @Sendable (Job) throws -> Bool
    /// Ends with a sentence for people.
    let request: OperationRequest

    static func automaticRestore(of application: Application, _ surroundings: Surroundings) -> Opening {
        let restore = AutomaticRestore(application: application, surroundings: surroundings)
        return Opening(
            isNeeded: { try restore.isNeeded(isThorough: false, $0) },
            request: OperationRequest(
                id: key, title: "Automatic restore of \(application.name)", commandLine: "", changesData: true,
                stopLeaves: "The data are as they were, or as after the last log that was integrated completely."
            ) { job in try restore.run(isThorough: false, job)?.sentence ?? "nothing had to be done any more" })
    }
}

extension AppModel {
    /// What the look has found.
    mutating func takeLook(_ result: Result<any Sendable, Failure>) -> [Command] {
        guard let opening, leaving == .no else { return [] }
        switch result {
        case .success(let isNeeded):
            guard isNeeded as? Bool == true else { return read() }
            let commands = start(opening.request, front)
            // Where something else was begun meanwhile, that has been told.
            return own?.request.id == Opening.key ? commands : commands + read()
        case .failure(let failure):
            dialogs.insert((front, Notice(opening.request.title, failure)), at: 0)
            return read()
        }
    }

    /// The operation has ended: what it did, or why not, is told, and the pages are read.
    mutating func opened(_ request: OperationRequest, _ result: Result<any Sendable, Failure>) -> [Command] {
        switch result {
        case .success(let sentence):
            let text = String(describing: sentence)
            dialogs.insert((front, Notice(request.title, [text.prefix(1).uppercased() + text.dropFirst() + "."])), at: 0)
        case .failure(let failure): tell(request, failure)
        }
        return read() + startWaiting()
    }
}
