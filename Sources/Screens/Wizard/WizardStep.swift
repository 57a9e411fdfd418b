// A step of the restore wizard as a value: its fields, what is wrong with them, and the way on and back. The page holds the
// steps and knows nothing of their fields; a step knows nothing of the other steps, only of what has been chosen so far.

import TerminalKit
import Vocabulary

/// The steps, in order.
enum StepID: Int, Sendable, CaseIterable {
    case backup, contents, point, review, result

    /// For the line of steps.
    var title: String {
        switch self {
        case .backup: "Backup"
        case .contents: "Contents"
        case .point: "Logs"
        case .review: "Review"
        case .result: "Result"
        }
    }

    /// What the person does here.
    var heading: String {
        switch self {
        case .backup: "Choose the backup"
        case .contents: "Choose what is restored, and where"
        case .point: "Choose the logs and the point to stop at"
        case .review: "Review what will happen"
        case .result: "Result"
        }
    }
}

/// Something that a person should know about a field.
struct FieldIssue: Sendable, Equatable {
    /// The control concerned, by its name in the step's focus ring.
    var field: String
    var sentence: String
    /// The wizard does not go on before it is put right.
    var isObstacle: Bool

    static func obstacle(_ field: String, _ sentence: String) -> FieldIssue {
        FieldIssue(field: field, sentence: sentence, isObstacle: true)
    }

    static func note(_ field: String, _ sentence: String) -> FieldIssue {
        FieldIssue(field: field, sentence: sentence, isObstacle: false)
    }
}

/// What a step wants done.
enum StepAnswer: Sendable {
    case effect(Effect)
    case next
    case back
    /// From the first step anew.
    case startOver
}

protocol WizardStep: Sendable {
    /// The step's controls; the last one is `buttons`, which the page draws.
    var focus: FocusRing<String> { get set }
    /// Keys are text here: single letters are no commands.
    var isTyping: Bool { get }
    /// Esc and Tab are the step's own for the moment.
    var isModal: Bool { get }
    func validate(_ choices: RestoreChoices) -> [FieldIssue]
    /// Called whenever the wizard comes here, also on the way back.
    mutating func enter(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer]
    /// The application was looked at anew while the step is shown.
    mutating func refreshed(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer]
    /// What can be done here besides going on and back.
    func actions(_ choices: RestoreChoices, _ context: PageContext) -> [ActionRow<String>]
    /// The buttons below; their names are those of actions.
    func buttons(_ choices: RestoreChoices, _ context: PageContext) -> [Button<String>]
    mutating func perform(_ action: String, _ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer]
    /// Nil when the event is not for this step.
    mutating func handle(
        _ event: TerminalEvent, in rect: Rect, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer]?
    mutating func receive(
        _ key: String, _ result: Result<any Sendable, Failure>, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer]
    func render(into frame: inout Frame, _ rect: Rect, _ choices: RestoreChoices, _ context: PageContext)
}

extension WizardStep {
    var isTyping: Bool { false }
    var isModal: Bool { false }
    mutating func refreshed(_ choices: inout RestoreChoices, _ context: PageContext) -> [StepAnswer] { [] }
    mutating func receive(
        _ key: String, _ result: Result<any Sendable, Failure>, _ choices: inout RestoreChoices, _ context: PageContext
    ) -> [StepAnswer] { [] }  // Untested: for the steps that ask for nothing to be read, which therefore are never answered.

    func buttons(_ choices: RestoreChoices, _ context: PageContext) -> [Button<String>] {
        [Button("back", "Back"), Button("next", "Next", disabledReason: validate(choices).first(where: \.isObstacle)?.sentence)]
    }
}
