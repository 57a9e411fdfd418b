import Vocabulary
extension Capture {
    public static func resynchronise(_ connection: Connection) throws {
        throw Failure(.structureChanged, "temporary", hint: "temporary")
    }
}
