#!/usr/bin/env bash
# Measures which lines the tests run, and writes docs/coverage.md: coverage.sh [ARGUMENTS OF swift test]
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
tool() { command -v "$1" || find "$(dirname "$(readlink -f "$(command -v swift)")")" -name "$1" | head -1; }
bundle=$(find -L $build/debug -maxdepth 1 -name '*PackageTests.xctest' | head -1)
# A program that was killed while it wrote leaves a file of no use.
"$(tool llvm-profdata)" merge -sparse -failure-mode=warn "$profiles"/*.profraw -o $build/coverage.profdata
"$(tool llvm-cov)" export -summary-only -instr-profile $build/coverage.profdata "$bundle" -object $build/debug/msc \
    -object $build/debug/TerminalProbe >$build/coverage.json
python3 - $build/coverage.json >docs/coverage.md <<'P'
import collections, json, os, sys
rooms = collections.OrderedDict()
least = []
root = os.getcwd() + "/Sources/"
for file in json.load(open(sys.argv[1]))["data"][0]["files"]:
    if not file["filename"].startswith(root):
        continue
    path = file["filename"][len(root):]
    lines = file["summary"]["lines"]
    room = rooms.setdefault(path.split("/")[0], [0, 0])
    room[0] += lines["covered"]
    room[1] += lines["count"]
    least.append((lines["percent"], lines["count"] - lines["covered"], path))
print("""# Which lines the tests run

Measured by `scripts/coverage.sh` over the whole test command, the programs that tests start included; what a test kills
with SIGKILL does not count. A line that is run is not a line that is proved: [proof.md](proof.md) says what is.

| room | lines | run | share |
| --- | ---: | ---: | ---: |""")
total = [0, 0]
for room, (covered, count) in sorted(rooms.items()):
    total[0] += covered
    total[1] += count
    print("| %s | %d | %d | %.1f %% |" % (room, count, covered, 100 * covered / max(1, count)))
print("| **all** | %d | %d | %.1f %% |" % (total[1], total[0], 100 * total[0] / max(1, total[1])))
print("\n## Files with the most lines that no test runs\n\n| file | lines not run | share run |\n| --- | ---: | ---: |")
for percent, missing, path in sorted(least, key=lambda f: -f[1])[:25]:
    print("| %s | %d | %.1f %% |" % (path, missing, percent))
P
exit $status
