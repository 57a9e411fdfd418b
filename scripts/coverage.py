"""Makes docs/coverage.md from what llvm-cov exported: coverage.py EXPORT.json; or lists what is not explained: --list PATH...

A line that no test runs is explained by a comment "Untested: why" on the same line, on one of the lines above within the same
comment, or at the head of the block or declaration that it is in: whatever is indented more than the comment, up to the first
line that is not. At the head of a file, before the first import, it explains the whole file.
"""

import collections
import json
import os
import sys

MARK = "Untested:"


def lines_not_run(segments):
    """Line numbers that have code, and those of them that nothing ran: as llvm-cov counts lines."""
    by_line = collections.defaultdict(list)
    for segment in segments:
        by_line[segment[0]].append(segment)
    mapped, missed, wrapped = [], [], None
    for line in range(min(by_line, default=0), max(by_line, default=-1) + 1):
        here = by_line.get(line, [])
        entries = [s for s in here if s[3] and s[4] and not s[5]]
        skipped = bool(here) and not here[0][3] and here[0][4]
        if not skipped and ((wrapped and wrapped[3]) or entries):
            mapped.append(line)
            if max([wrapped[2] if wrapped else 0] + [s[2] for s in entries]) == 0:
                missed.append(line)
        if here:
            wrapped = here[-1]
    return mapped, missed


def explained(path):
    """Line numbers that a comment explains."""
    with open(path, encoding="utf-8") as file:
        text = file.read().split("\n")
    found = set()
    indents = [len(line) - len(line.lstrip()) if line.strip() else None for line in text]
    for at, line in enumerate(text):
        if MARK not in line or "//" not in line:
            continue
        if not line.lstrip().startswith("//"):
            found.add(at + 1)
            continue
        if not any(earlier.startswith(("import ", "public import ", "internal import ")) for earlier in text[:at]):
            return set(range(1, len(text) + 1))
        # The rest of the comment, attributes, then what follows and all that is indented more.
        begin = at
        while begin < len(text) and text[begin].lstrip().startswith(("//", "@")):
            begin += 1
        end = begin + 1
        while end < len(text) and (indents[end] is None or indents[end] > indents[at]):
            end += 1
        # A closing bracket belongs to it, and what hangs on it, as in "} else {", does not.
        if end < len(text) and text[end].strip() in ("}", ")", "])", "})"):
            end += 1
        found.update(range(at + 1, end + 1))
    return found


def main():
    root = os.getcwd() + "/Sources/"
    rooms, files = {}, []
    wanted = sys.argv[sys.argv.index("--list") + 1:] if "--list" in sys.argv else None
    for file in json.load(open(sys.argv[1]))["data"][0]["files"]:
        if not file["filename"].startswith(root):
            continue
        path = file["filename"][len(root):]
        mapped, missed = lines_not_run(file["segments"])
        open_lines = sorted(set(missed) - explained(file["filename"]))
        if wanted is not None:
            if any(path.startswith(name) for name in wanted):
                text = open(file["filename"], encoding="utf-8").read().split("\n")
                for line in open_lines:
                    print(f"{path}:{line}: {text[line - 1]}")
            continue
        room = rooms.setdefault(path.split("/")[0], [0, 0, 0])
        for index, count in enumerate((len(mapped), len(missed), len(open_lines))):
            room[index] += count
        files.append((len(open_lines), len(missed), path))
    if wanted is not None:
        return
    print("""# Which lines the tests run

Measured by `scripts/coverage.sh` over the whole test command, the programs that tests start included; what a test kills
with SIGKILL does not count. A line that is run is not a line that is proved: [proof.md](proof.md) says what is. Lines that no
test runs are explained where they stand, by a comment that begins with *Untested*; `scripts/coverage.py` counts those
that are not, and with `--list` names them.

| room | lines | run | share | not run, not explained |
| --- | ---: | ---: | ---: | ---: |""")
    rooms["**all**"] = [sum(counts) for counts in zip(*rooms.values())]
    for room, (count, missing, unexplained) in sorted(rooms.items(), key=lambda item: item[0].replace("**all**", "~")):
        print(f"| {room} | {count} | {count - missing} | {100 * (count - missing) / max(1, count):.1f} % | {unexplained} |")
    least = [file for file in sorted(files, reverse=True) if file[0] > 0][:25]
    if least:
        print("\n## Files with the most lines that are neither run nor explained\n\n| file | lines |\n| --- | ---: |")
        for unexplained, _, path in least:
            print(f"| {path} | {unexplained} |")


main()
