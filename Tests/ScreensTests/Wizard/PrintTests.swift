import Testing
import Engine
import TerminalKit
import Vocabulary
@testable import Screens

@Test func printing() throws {
    for (c, r) in [(60, 20), (80, 24), (160, 50)] {
        for hasGap in [false, true] {
            var w = try Wizard(columns: c, rows: r)
            print("=== backup \(c)"); w.chooseFirst(hasGap: hasGap); print(w.text)
            w = try Wizard(columns: c, rows: r); w.toContents(hasGap: hasGap); print("=== contents"); print(w.text)
            w = try Wizard(columns: c, rows: r); w.toPoint(hasGap: hasGap); print("=== point"); print(w.text)
            w.press("m", .left); w.receive("point/standing", PointStanding(refusal: Failure(.pointInsideTransaction, "operation 8 may lie inside a transaction", hint: "Choose operation 7 or 9."), before: RestorePoint(operation: 7, time: Fixture.minutes(15)), after: RestorePoint(operation: 9, time: Fixture.minutes(19))))
            print(w.text)
            w = try Wizard(columns: c, rows: r); w.toPoint(hasGap: hasGap); w.press("n"); print("=== review"); print(w.text)
            w.press(.ctrl("r")); print("=== running"); print(w.text)
            print(w.requests.map(\.commandLine))
        }
    }
}
