#!/usr/bin/env bash
# Measures which lines the tests run, and writes docs/coverage.md: coverage.sh [ARGUMENTS OF swift test]
set -euo pipefail
cd "$(dirname "$0")/.."
build=.build-coverage
# A failing test still covers what it ran; its failure is told at the end.
status=0
swift test --disable-xctest --build-path $build --enable-code-coverage "$@" || status=$?
bundle=$(find -L $build/debug -maxdepth 1 -name '*PackageTests.xctest' | head -1)
cov=$(command -v llvm-cov || find "$(dirname "$(readlink -f "$(command -v swift)")")" -name llvm-cov | head -1)
"$cov" export -summary-only -instr-profile $build/debug/codecov/default.profdata "$bundle" -object $build/debug/msc >$build/coverage.json
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

Measured by `scripts/coverage.sh`. Commands that run as programs of their own (`ProgramTests`) do not count here, which is
why `msc` and what only it calls look worse than they are tested. A line that is run is not a line that is proved:
[proof.md](proof.md) says what is.

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
