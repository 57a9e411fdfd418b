// Whose rights a subcommand works with: decided before it runs, while the process has one thread and no file open.

import ArgumentParser
import Engine
import Vocabulary

/// A subcommand that works on files of somebody.
protocol WorksOnFiles: ParsableCommand {
    var common: CommonOptions { get }
    /// The file whose place decides. This and the next are asked only when the process is root's.
    var place: String? { get }
    /// The file whose place decides where the first one's is root's.
    var otherPlace: String? { get }
}

extension WorksOnFiles {
    var otherPlace: String? { nil }

    /// Reads the integrity key, which may be root's alone, while the process is root's.
    func takeIntegrityKey() throws {
        do throws(Failure) { try System.takeIntegrityKey(common.integrityKey) } catch { throw common.report(error) }
    }

    /// Root becomes the owner of the first place that is not root's, and says so.
    func takeOwner() throws {
        // Read while it is root: the log names who ran the program.
        _ = System.surroundings
        do throws(Failure) {
            var notice = try become(place)
            if notice == nil { notice = try become(otherPlace) }
            guard let notice else { return }
            System.changedOwner()
            if !common.quiet, common.progress == nil { System.complain("msc: \(notice)") }
        } catch { throw common.report(error) }
    }

    private func become(_ place: String?) throws(Failure) -> String? {
        guard let place else { return nil }
        return try PlaceOwner.become(for: System.absolute(place))
    }
}

extension InfoCommand: WorksOnFiles { var place: String? { data.data } }
extension LogCommand.Start: WorksOnFiles { var place: String? { data.data } }
extension LogCommand.Stop: WorksOnFiles { var place: String? { data.data } }
extension LogCommand.Status: WorksOnFiles { var place: String? { data.data } }
extension LogCommand.Drain: WorksOnFiles { var place: String? { data.data } }
extension LogCommand.New: WorksOnFiles { var place: String? { data.data } }
extension LogCommand.Anchor: WorksOnFiles { var place: String? { data.data } }
extension LogCommand.Check: WorksOnFiles { var place: String? { log } }
extension LogCommand.Export: WorksOnFiles { var place: String? { file } }
extension ActivityCommand: WorksOnFiles { var place: String? { file } }
extension BackupCommand: WorksOnFiles { var place: String? { data.data } }
extension BackupsCommand: WorksOnFiles { var place: String? { data.data } }
extension IntegrateCommand: WorksOnFiles { var place: String? { data.data } }
extension RollbackCommand: WorksOnFiles { var place: String? { data.data } }
extension RepairCommand: WorksOnFiles { var place: String? { file } }
extension SettingsCommand: WorksOnFiles { var place: String? { data.data } }
extension ResumeCommand: WorksOnFiles { var place: String? { data.data } }
extension WatchCommand: WorksOnFiles { var place: String? { data.data } }
extension CheckCommand: WorksOnFiles { var place: String? { data.data } }
extension InterfaceCommand: WorksOnFiles { var place: String? { data } }

extension VerifyCommand: WorksOnFiles {
    var place: String? { file }
    var otherPlace: String? { restore ? data ?? ArchiveSummary.dataFile(of: file) : nil }
}

extension RestoreCommand: WorksOnFiles {
    var place: String? { archive }
    var otherPlace: String? { to ?? data ?? ArchiveSummary.dataFile(of: archive) }
}
