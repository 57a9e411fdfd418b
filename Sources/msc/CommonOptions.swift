// Options that every subcommand has.

import ArgumentParser

struct CommonOptions: ParsableArguments {
    enum ProgressStyle: String, ExpressibleByArgument, CaseIterable { case json }

    @Flag(name: .long, help: "Print one JSON document on standard output.")
    var json = false

    @Option(name: .long, help: ArgumentHelp("Stream progress as JSON Lines on standard error.", valueName: "style"))
    var progress: ProgressStyle?

    @Flag(name: .long, help: "Print nothing but errors and the JSON document.")
    var quiet = false

    @Option(
        name: .customLong("integrity-key"),
        help: ArgumentHelp("Mark and verify log and archives with the key in this file; none: verify nothing.", valueName: "file"),
        completion: .file())
    var integrityKey: String?

    @Flag(name: .customLong("no-color"), help: "Use no colour (also when NO_COLOR is set).")
    var noColor = false
}

/// `DATA`, the SQLite file.
struct DataArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The SQLite data file.", valueName: "data"), completion: .file())
    var data: String
}
