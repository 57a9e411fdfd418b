// Where the programs lie that were built with the tests.

import Glibc

/// A built program.
public enum BuiltProgram {
    /// The path of a program beside the test bundle. `MSC_BUILT_PROGRAMS` names another folder.
    public static func path(_ name: String) -> String {
        if let folder = getenv("MSC_BUILT_PROGRAMS") { return String(cString: folder) + "/" + name }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { space in space.baseAddress.map { readlink("/proc/self/exe", $0, space.count) } ?? 0 }
        let own = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        return (own.lastIndex(of: "/").map { String(own[...$0]) } ?? "") + name
    }
}
