// `msc [DATA]`: the terminal interface where there is a terminal, otherwise what `msc info` prints.

import ArgumentParser
import Engine
import Glibc
import NcursesTerminal
import Screens
import TerminalKit
import Vocabulary

/// The page of that name.
private func pageID(_ name: String) throws -> PageID {
    guard let page = PageID(rawValue: name), AllPages.names.contains(page) else {
        throw ValidationError("There is no page '\(name)': choose one of \(AllPages.names.map(\.rawValue).joined(separator: ", ")).")
    }
    return page
}

struct InterfaceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open the terminal interface (what 'msc DATA' does).",
        discussion: """
            Without DATA it offers the databases opened last. Where standard input or output is not a terminal, it prints what \
            'msc info' prints.
            """)
    @Argument(help: ArgumentHelp("The SQLite data file.", valueName: "data"), completion: .file())
    var data: String?
    @Option(
        help: ArgumentHelp("The page to begin with: \(AllPages.names.map(\.rawValue).joined(separator: ", ")).", valueName: "page"),
        transform: pageID)
    var page: PageID?
    @Flag(help: "Start nothing that writes.") var readonly = false
    @Flag(help: "Show nothing but ASCII characters.") var ascii = false
    @Flag(name: .customLong("no-mouse"), help: "Leave the mouse to the terminal.") var noMouse = false
    @OptionGroup var common: CommonOptions

    func run() throws {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, !common.json else {
            guard let data else { throw ValidationError("Give the path of a SQLite data file.") }
            try InfoCommand.print(data, common)
            return
        }
        let status: Int32
        do { status = try show() } catch let failure as Failure { throw common.report(failure) }
        if status != 0 { throw ExitCode(status) }
    }

    /// Runs the interface. The terminal is given back before anything else is said.
    private func show() throws -> Int32 {
        // A database that is not there is told on the plain terminal.
        let given = try data.map { (path) throws(Failure) in try Application(data: path) }
        var options = Options.fromEnvironment()
        options.ascii = options.ascii || ascii
        options.mouse = !noMouse
        options.colour = options.colour && !common.noColor
        var terminal: NcursesTerminal
        do throws(Unavailable) { terminal = try NcursesTerminal(options) } catch {
            System.complain("msc: \(error.description). \(error.hint)")
            throw ExitCode(1)
        }
        let recent = System.recentDatabases
        // Read while it is root, as on the command line: the log names who ran the program.
        let surroundings = System.surroundings
        guard let (application, notice) = try given.map({ ($0, nil) }) ?? choose(&terminal, recent) else { return 0 }
        return Interface(
            application, surroundings, page: page ?? .information, isReadOnly: readonly, recent: recent, notice: notice
        ).run(on: &terminal)
    }

    /// Nil when the person leaves.
    private func choose(_ terminal: inout NcursesTerminal, _ recent: RecentDatabases?) throws -> (Application, notice: String?)? {
        var chooser = Chooser(recent: recent?.read() ?? [], home: System.home)
        switch chooser.run(on: &terminal) {
        case .open(let application, let notice):
            if notice != nil { System.changedOwner() }
            return (application, notice)
        case .quit: return nil
        case .closed(let closing): throw ExitCode(closing.exitStatus)
        }
    }
}
