// Why a part of a schema cannot be read: a newer SQLite wrote it, or a damaged page garbled it. Only what no SQLite writes is called damage:
// healthy data must never be taken for damaged ones.

import CSQLite
import Vocabulary

extension Connection {
    /// What shows that the structure is damaged, in words; nil when nothing does: then what cannot be read is some newer SQLite's.
    ///
    /// Looks at the pages and lines of `sqlite_schema` alone. SQLite takes its statements as text that ends at a zero byte, so none is within
    /// them; it begins each with the word CREATE.
    public func schemaDamage() throws(DatabaseError) -> String? {
        let unreadable = Set(try unreadableObjects().map(\.name))
        let select = try prepare(
            """
            SELECT coalesce(name,''), typeof(type)<>'text' OR typeof(name)<>'text' OR typeof(sql) NOT IN ('text','null')
              OR instr(type,char(0)) OR instr(name,char(0)) OR coalesce(instr(sql,char(0)),0),
              lower(coalesce(substr(sql,1,6),'create'))<>'create' FROM main.sqlite_schema
            """)
        while try select.step() {
            let name = select.string(0)
            if select.integer(1) != 0 || select.integer(2) != 0 && unreadable.contains(name) { return "the statement of '\(name)' is garbled" }
        }
        guard !unreadable.isEmpty else { return nil }
        do throws(DatabaseError) {
            let found = try string("PRAGMA main.quick_check(sqlite_schema)")
            return found == "ok" ? nil : found
        } catch {
            guard error.code & 0xff == SQLITE_CORRUPT, error.unreadableObject == nil else { throw error }
            return error.message
        }
    }
}

extension DatabaseError {
    /// The error of a structure that is damaged, as `schemaDamage` says.
    public static func damagedSchema(_ damage: String, in path: String) -> DatabaseError {
        DatabaseError(code: SQLITE_CORRUPT, message: damage, path: path)
    }

    /// As a failure that people read, for an error that ends an operation: where the structure cannot be read, it looks for damage first.
    public var judged: DatabaseError {
        guard unreadableObject != nil, let connection = try? Connection(path, .read, busyTimeout: 2000, stop: Job.current),
            let damage = try? connection.schemaDamage()
        else { return self }
        return .damagedSchema(damage, in: path)
    }
}
