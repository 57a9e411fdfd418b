// A log of a few operations, for filters to be held against.

import Glibc
import LogFile
import Vocabulary

enum SampleLog {
    /// Made once in a folder.
    static func path(in folder: String) throws -> String {
        let path = folder + "/sample.journal"
        if access(path, R_OK) == 0 { return path }
        guard let identity = Identity("7f2c6f0e-0000-4000-8000-000000000000") else { throw FuzzTarget.Finding(description: "no identity") }
        let table = TableDefinition(
            id: 1, name: "item", isWithoutRowid: false, rowidColumn: "id", rowidName: "id", columns: [.init(name: "name", type: "TEXT")])
        let writer = try LogWriter.create(
            path, header: LogHeader(application: identity, chain: identity, startTime: 1_700_000_000_000, tables: [table]))
        for number in 1...20 {
            var key = ValueBuffer()
            key.append(.integer(Int64(number)))
            var row = ValueBuffer()
            row.append(.text(Array("name \(number)".utf8)))
            try key.bytes.withUnsafeBytes { key in
                try row.bytes.withUnsafeBytes { row in
                    _ = try writer.append(
                        Operation(
                            action: .addition, time: 1_700_000_000_000, position: Int64(number), isConsistentPoint: true, table: 1, key: key,
                            old: UnsafeRawBufferPointer(start: nil, count: 0), new: row))
                }
            }
        }
        try writer.commit()
        return path
    }
}
