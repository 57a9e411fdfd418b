#!/usr/bin/env bash
# Measures which lines the tests run, and writes docs/coverage.md: coverage.sh [ARGUMENTS OF swift test]
# Which of them nobody explains: scripts/coverage.py .build-coverage/coverage.json --list Engine Screens/App
set -euo pipefail
cd "$(dirname "$0")/.."
build=.build-coverage
profiles=$PWD/$build/profiles
rm -rf "$profiles" && mkdir -p "$profiles"
swift build --build-tests --build-path $build --enable-code-coverage
# The programs that tests start write profiles too, into a few files that they share; the ones that tests kill write none.
# A failing test still covers what it ran; its failure is told at the end.
status=0
LLVM_PROFILE_FILE="$profiles/%8m.profraw" swift test --disable-xctest --skip-build --build-path $build "$@" || status=$?
# Swift's own: another version does not read its profiles.
tool() { find "$(dirname "$(readlink -f "$(command -v swift)")")" -name "$1" | grep . || command -v "$1"; }
bundle=$(find -L $build/debug -maxdepth 1 -name '*PackageTests.xctest' | head -1)
# A program that was killed while it wrote leaves a file of no use.
"$(tool llvm-profdata)" merge -sparse -failure-mode=all "$profiles"/*.profraw -o $build/coverage.profdata
"$(tool llvm-cov)" export -instr-profile $build/coverage.profdata "$bundle" -object $build/debug/msc \
    -object $build/debug/TerminalProbe >$build/coverage.json
python3 -B scripts/coverage.py $build/coverage.json >docs/coverage.md
exit $status
