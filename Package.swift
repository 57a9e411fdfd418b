// swift-tools-version: 6.1
import PackageDescription

// The rooms and who may import whom: docs/architecture.md. Tests/ArchitectureTests holds the import lines against it.
let package = Package(
    name: "msc",
    products: [.executable(name: "msc", targets: ["msc"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0")
    ],
    targets: [
        // The C libraries, one thin module each: no room but the ones named in docs/architecture.md imports them.
        .target(name: "CSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(name: "CIsal", linkerSettings: [.linkedLibrary("isal")]),
        .target(name: "CCrypto", linkerSettings: [.linkedLibrary("crypto")]),
        .target(name: "CLinux"),
        .target(name: "CNcurses", linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),

        .target(name: "Vocabulary"),
        .target(name: "FileSystem", dependencies: ["Vocabulary", "CCrypto", "CLinux"]),
        .target(name: "PageFormat"),
        .target(name: "Database", dependencies: ["Vocabulary", "FileSystem", "PageFormat", "CSQLite"]),
        .target(name: "Deflate", dependencies: ["CZlib", "CIsal"]),
        .target(name: "Parity", dependencies: ["Vocabulary", "FileSystem", "CIsal"]),
        .target(name: "LogFile", dependencies: ["Vocabulary", "FileSystem", "Parity", "Deflate"]),
        .target(name: "Archive", dependencies: ["Vocabulary", "FileSystem", "Parity", "Deflate"]),
        .target(name: "Engine", dependencies: ["Vocabulary", "FileSystem", "Database", "Parity", "LogFile", "Archive"]),
        .target(name: "TerminalKit"),
        .target(name: "Screens", dependencies: ["Vocabulary", "TerminalKit", "Engine"]),
        .target(name: "NcursesTerminal", dependencies: ["TerminalKit", "CNcurses"]),
        .executableTarget(
            name: "msc",
            dependencies: [
                "Vocabulary", "Engine", "TerminalKit", "NcursesTerminal", "Screens",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        .testTarget(name: "VocabularyTests", dependencies: ["Vocabulary"]),
        .testTarget(name: "FileSystemTests", dependencies: ["FileSystem"]),
        .testTarget(name: "PageFormatTests", dependencies: ["PageFormat"], exclude: ["Fixtures"]),
        .testTarget(name: "DatabaseTests", dependencies: ["Database"]),
        .testTarget(name: "ParityTests", dependencies: ["Parity", "FileSystem", "Vocabulary"], exclude: ["Fixtures"]),
        .testTarget(name: "LogFileTests", dependencies: ["LogFile", "Deflate"], exclude: ["Fixtures"]),
        .testTarget(name: "ArchiveTests", dependencies: ["Archive", "Deflate"]),
        // Applications with log and backups for tests, made by the engine itself.
        .target(
            name: "EngineSupport", dependencies: ["Engine", "Database", "FileSystem", "Vocabulary"], path: "Tests/EngineSupport"),
        .testTarget(name: "EngineTests", dependencies: ["Engine", "Database", "LogFile", "Archive", "EngineSupport"]),
        // A terminal and a clock that do what a test says.
        .target(name: "TerminalSupport", dependencies: ["TerminalKit"], path: "Tests/TerminalSupport"),
        .testTarget(name: "TerminalKitTests", dependencies: ["TerminalKit", "TerminalSupport"]),
        // Real terminals for tests: a program on a pseudo terminal, and what its screen shows.
        .target(name: "CPty", path: "Tests/CPty"),
        .target(name: "PtySupport", dependencies: ["CPty", "TerminalKit"], path: "Tests/PtySupport"),
        .testTarget(name: "PtySupportTests", dependencies: ["PtySupport", "TerminalKit"]),
        .executableTarget(name: "TerminalProbe", dependencies: ["TerminalKit", "NcursesTerminal"], path: "Tests/TerminalProbe"),
        .testTarget(
            name: "NcursesTerminalTests",
            dependencies: ["NcursesTerminal", "CNcurses", "TerminalKit", "PtySupport", "TerminalProbe"]),
        .testTarget(
            name: "ScreensTests", dependencies: ["Screens", "TerminalKit", "Engine", "LogFile", "Vocabulary", "Database", "FileSystem", "EngineSupport", "TerminalSupport"],
            exclude: ["Settings/Pictures", "Wizard/Pictures"]),
        .testTarget(
            name: "ProgramTests",
            dependencies: ["Vocabulary", "FileSystem", "Database", "LogFile", "Engine", "PtySupport", "EngineSupport"]),
        .testTarget(name: "ArchitectureTests"),
        // Everything that reads what comes from outside, for the mutation fuzzer below and for libFuzzer (scripts/fuzz.sh).
        .target(
            name: "FuzzTargets",
            dependencies: ["Vocabulary", "FileSystem", "Deflate", "PageFormat", "Database", "LogFile", "Archive", "Parity", "Engine"],
            path: "Tests/FuzzTargets"),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets", "FileSystem"]),
    ],
    swiftLanguageModes: [.v6]
)

// The newest language rules for every Swift target: existentials are spelled `any`, an extension's member needs the
// import that brings it, and an import is visible to importers only when it says `public`.
for target in package.targets where !["CSQLite", "CZlib", "CIsal", "CCrypto", "CLinux", "CNcurses", "CPty"].contains(target.name) {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
}
