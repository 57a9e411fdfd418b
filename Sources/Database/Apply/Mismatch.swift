// How the applier finds that rows are not what the log says, and tells it.

import CSQLite
import Vocabulary

extension Applier {
    static let contentHint = "Start from another backup, or check the log with 'msc log check' and the data with 'msc verify'."

    /// A rule of the table said no that other rows or a change of the structure can satisfy: the row waits.
    static func mayWait(_ code: Int32) -> Bool {
        isCollision(code)
            || code == SQLITE_CONSTRAINT | 5 << 8  // NOTNULL
            || code == SQLITE_CONSTRAINT | 12 << 8  // DATATYPE, of a STRICT table
    }

    /// A rule of uniqueness said no.
    static func isCollision(_ code: Int32) -> Bool {
        code == SQLITE_CONSTRAINT | 8 << 8  // UNIQUE
            || code == SQLITE_CONSTRAINT | 6 << 8  // PRIMARYKEY
            || code == SQLITE_CONSTRAINT | 10 << 8  // ROWID
    }

    var damagedOperation: Failure {
        Failure(
            .logDamaged, "an operation does not fit the table that it names",
            hint: "Check the log with 'msc log check'.")
    }

    func differs(_ table: AppliedTable, _ key: UnsafeRawBufferPointer, _ what: String) -> Failure {
        Failure(
            .contentDiffers, "row \(describe(key: key)) of the table '\(table.definition.name)' is not what the log says",
            cause: what, hint: Self.contentHint)
    }

    func refusal(_ code: Int32, _ table: AppliedTable, _ key: UnsafeRawBufferPointer) -> Failure {
        if code == AppliedTable.damaged { return damagedOperation }
        let error = connection.error(code)
        guard error.isConstraint else { return ForeignFunction.failure(error, table.definition.name) }
        return differs(table, key, "the table refuses it: \(error.message)")
    }

    /// Compares the row in the table with what the operation expects.
    func compare(_ table: AppliedTable, _ key: UnsafeRawBufferPointer, _ before: Before) throws(Failure) {
        let result: AppliedTable.Comparison
        do throws(DatabaseError) {
            result = try table.compare(key, before)
        } catch {
            throw ForeignFunction.failure(error, table.definition.name)
        }
        switch result {
        case .equal: return
        case .missing: throw differs(table, key, "it does not exist")
        case .differs(let column): throw differs(table, key, column: column)
        }
    }

    /// Compares a parked row with what the operation expects.
    func compare(
        _ image: [UInt8], _ before: Before, _ table: AppliedTable, _ key: UnsafeRawBufferPointer
    ) throws(Failure) {
        let column = image.withUnsafeBytes { bytes -> Int? in
            var present = ValueCursor(bytes)
            var expected = before
            for index in table.definition.columns.indices {
                guard let value = present.next(), let wanted = expected.next() else { return index }
                if case .same = wanted { continue }
                if !wanted.isIdentical(to: value) { return index }
            }
            return nil
        }
        if let column { throw differs(table, key, column: column) }
    }

    private func differs(_ table: AppliedTable, _ key: UnsafeRawBufferPointer, column: Int) -> Failure {
        differs(table, key, "its value of '\(table.definition.columns[column].name)' is another")
    }

    /// A key for people: 8, 'abc', x'0102', and several values with commas.
    func describe(key: UnsafeRawBufferPointer) -> String {
        var cursor = ValueCursor(key)
        return (cursor.rest() ?? []).map { value in
            switch value {
            case .null, .same: "null"
            case .integer(let x): "\(x)"
            case .real(let x): "\(x)"
            case .text(let x): "'\(connection.textEncoding.decode(x.prefix(64)))'"
            case .blob(let x):
                "x'" + x.prefix(32).map { (($0 < 16 ? "0" : "") + String($0, radix: 16)) }.joined() + "'"
            }
        }.joined(separator: ", ")
    }
}
