// Archives and log backups that have a parity file: what it says about them, and whether it can repair them.

import Archive
import FileSystem
import Parity
import Vocabulary

extension Verification {
    /// What a file looked like as it is, completed with what its parity file says.
    /// - Parameters:
    ///   - path: the archive or the log.
    ///   - rereads: finds what would still be wrong after a repair.
    static func withParity(
        _ found: CheckOutcome, of path: String, parity: String, files: (ParityFile) -> [String], _ job: Job,
        rereads: () throws -> CheckOutcome
    ) throws -> CheckOutcome {
        var problems = found.problems
        let file: ParityFile
        do throws(Failure) {
            guard let opened = try ParityFile.open(parity) else { return found }
            file = opened
        } catch {
            problems.append(Problem(where: parity, what: error.sentence))
            return CheckOutcome(problems: problems, repairable: found.problems.isEmpty ? nil : false)
        }
        let assessment = try ParityAssessment.of(file, paths: files(file), job)
        if found.problems.isEmpty, file.protectedSize != (try? ProtectedFiles.size(files(file))) || assessment.isForeign(file.protectedSize) {
            problems.append(Problem(where: parity, what: "this parity file does not belong to '\(path)': delete it"))
            return CheckOutcome(problems: problems)
        }
        if !assessment.repairable.isEmpty {
            problems.append(Problem(where: "\(path), \(assessment.repairable.text)", what: "damaged; can be repaired with the parity file"))
        }
        if !assessment.lost.isEmpty {
            problems.append(Problem(where: "\(path), \(assessment.lost.text)", what: "damaged, and more than the parity file can repair"))
        }
        problems += assessment.overlong.map { Problem(where: $0, what: "there are bytes after its end") }
        if !assessment.parity.isEmpty {
            problems.append(Problem(where: "\(parity), \(assessment.parity.text)", what: "damaged"))
        }
        if problems.isEmpty { return found }
        if assessment.isSound { return CheckOutcome(problems: problems, repairable: found.problems.isEmpty) }
        let isRepairable = try assessment.lost.isEmpty && rereads().problems.isEmpty
        return CheckOutcome(problems: problems, repairable: isRepairable)
    }
}

/// The files that a parity file protects, as they are.
enum ProtectedFiles {
    static func size(_ paths: [String]) throws(SystemError) -> UInt64 {
        var size: UInt64 = 0
        for path in paths { size += try File(path, .read).size() }
        return size
    }
}

extension ParityAssessment {
    /// Whether nothing fits: the parity file of something else.
    func isForeign(_ size: UInt64) -> Bool { lost.bytes + repairable.bytes == size }
}
