// Files and their parity file: what is damaged is computed, written beside, and put in its place.

import FileSystem
import Glibc
import Parity
import Vocabulary

/// One repair. What it leaves: see `Repair`.
struct ParityRepair {
    /// As it was asked for.
    let path: String
    let parity: ParityFile
    let files: [String]
    /// What is wrong with the archive or log when it is read through its parity file.
    let check: (_ path: String) throws -> CheckOutcome

    func run(_ job: Job) throws -> RepairOutcome {
        let found = try ParityAssessment.of(parity, paths: files, job)
        var outcome = RepairOutcome(result: .sound, path: path)
        if found.isSound, found.parity.isEmpty { return outcome }
        if !found.lost.isEmpty {
            // A sound file beside the parity file of something else is not damaged.
            let isWhole = try found.isForeign(parity.protectedSize) && check(path).problems.isEmpty
            throw Failure(
                .archiveDamaged,
                isWhole ? "the parity file '\(parity.path)' does not belong to '\(path)', which is sound" : "'\(path)' is damaged beyond what its parity file can repair: \(found.lost.text)",
                hint: isWhole ? "Delete the parity file." : "Restore from an earlier backup and the logs that follow it; 'msc verify' lists what is still good here.")
        }
        if let problem = try check(path).problems.first {
            throw Failure(
                .archiveDamaged, "'\(path)' would not be sound after a repair: \(problem.what)",
                hint: "Restore from an earlier backup and the logs that follow it.")
        }
        outcome.result = .repaired
        if !found.isSound { try repair(found, into: &outcome, job) }
        if !found.parity.isEmpty {
            // The files are whole now: a Stop that comes only here leaves them so, and the old parity file.
            let status = Folder.status(of: parity.path)
            do { try ParityWriter.remake(parity, protecting: files, like: status, job) } catch let failure as Failure {
                if outcome.replaced.isEmpty { throw failure }
                // Untested: the disk has to become full, or a Stop to come, between the repaired file and its new parity file.
                outcome.warnings.append(failure.description)
                return outcome  // Untested: as above.
            }
            outcome.parityRemade = true
        }
        return outcome
    }

    private func repair(_ found: ParityAssessment, into outcome: inout RepairOutcome, _ job: Job) throws {
        let wanted = files.indices.filter { index in
            found.overlong.contains(files[index]) || found.repairable.isCut || found.repairable.ranges.contains { $0.overlaps(parity.part(index)) }
        }
        let needed = wanted.reduce(0) { $0 + UInt64(parity.part($1).count) }
        try RestoreDestination.space(for: needed, at: Folder.parent(of: files[0]))
        job.report(Progress(phase: "Writing the repaired file", subject: path, total: needed))
        let input = ProtectedInput(parity, paths: files)
        var done: UInt64 = 0
        var sealed: [SealedPublication] = []
        do {
            for index in wanted {
                if let written = try write(index, input, &done, job) { sealed.append(written) }
            }
            try job.checkStop()
            let lock = try FolderLock.take(Folder.parent(of: files[0]), patience: 10_000)
            defer { withExtendedLifetime(lock) {} }
            // What was deleted meanwhile as an old set is not to come back.
            guard files.contains(where: { Folder.exists($0) }), Folder.exists(parity.path) else {
                // Untested: another process has to delete the set while it is repaired.
                throw Failure(.archiveMissing, "'\(path)' was deleted while it was repaired", hint: "'msc backups' lists the archives that are there.")
            }
            for publication in sealed {
                if let aside = try ParityRepair.keep(publication.path) { outcome.setAside.append(aside) }
                try publication.publish(replacing: true)
                outcome.replaced.append(publication.path)
            }
        } catch let error as SystemError {
            // A second name of a file that was not replaced is taken away again.
            if outcome.setAside.count > outcome.replaced.count, let last = outcome.setAside.last { try? Folder.removeFile(last) }
            throw Failure.writing(error)
        }
        outcome.repairedBytes = found.repairable.bytes
    }

    /// Writes a whole file under a temporary name; nil when the file is as it should be: it shares a damaged block with its neighbour.
    private func write(_ index: Int, _ input: ProtectedInput, _ done: inout UInt64, _ job: Job) throws -> SealedPublication? {
        let part = parity.part(index)
        let publication = try Publication(files[index])
        if let status = Folder.status(of: files[index]) ?? Folder.status(of: parity.path) {
            try publication.file.adopt(owner: status.st_uid, group: status.st_gid, mode: status.st_mode)
        }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 << 20, alignment: 64)
        defer { memory.deallocate() }
        let buffer = UnsafeMutableRawBufferPointer(rebasing: memory[..<(1 << 20)])
        let damaged = try? File(files[index], .read)
        var isSame = (try? damaged?.size()) == UInt64(part.count)
        var offset = part.lowerBound
        while offset < part.upperBound {
            try job.checkStop()
            let count = Int(min(UInt64(buffer.count), part.upperBound - offset))
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
            do throws(ProtectedInput.Loss) { try input.read(into: target, at: offset) } catch {
                throw Failure(
                    .archiveDamaged, "'\(path)' became unreadable at byte \(error.offset) while it was repaired",
                    hint: "Check the disk that holds it.")
            }
            if isSame, let there = memory.baseAddress, let wanted = buffer.baseAddress {
                let second = there + buffer.count
                let got = try? damaged?.read(into: UnsafeMutableRawBufferPointer(start: second, count: count), at: offset - part.lowerBound)
                isSame = got == count && memcmp(second, wanted, count) == 0
            }
            try publication.file.write(UnsafeRawBufferPointer(target), at: offset - part.lowerBound)
            offset += UInt64(count)
            done += UInt64(count)
            job.report(done: done)
        }
        return isSame ? nil : try publication.seal()
    }

    /// Gives a damaged file a second name, under which it stays; nil when there is no file.
    private static func keep(_ path: String) throws -> String? {
        guard Folder.exists(path) else { return nil }
        for number in 1...9999 {
            let aside = "\(path).damaged-\(Application.padded(number))"
            if Folder.exists(aside) { continue }
            try Folder.link(path, as: aside)
            return aside
        }
        // Untested: it takes 9,999 damaged files that were kept.
        throw Failure(
            .destinationExists, "there is no free name to keep '\(path)' under", hint: "Remove old files that end in .damaged-….")
    }
}
