"""The benchmarks of msc, in order; prints the table at the end. Started by run.sh, which builds the programs."""

import argparse
import os
import platform

import archives
import capture
import log
import replay
import screens
import watch
from measure import Bench, say

CASES = {
    "backup": archives.backup, "restore": archives.restore, "pauses": archives.pauses, "capture": capture.run, "log": log.run,
    "integration": replay.integration, "rollback": replay.rollback, "screens": screens.run, "watch": watch.run}


def main():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("folder", help=argparse.SUPPRESS)
    parser.add_argument("--size", type=float, help="gigabytes of the database (default 1; 0.1 with --quick)")
    parser.add_argument("--quick", action="store_true", help="small sizes: a look, not a measurement")
    parser.add_argument("names", nargs="*", help=" ".join(CASES))
    options = parser.parse_intermixed_args()
    if unknown := set(options.names) - set(CASES):
        parser.error(f"unknown: {' '.join(unknown)}; there are {' '.join(CASES)}")
    bench = Bench(options.folder, options.size or (0.1 if options.quick else 1), options.quick)
    load = os.getloadavg()[0]
    for name, case in CASES.items():
        if not options.names or name in options.names:
            say(name)
            case(bench)
    print_table(bench, load)


def print_table(bench, load):
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    print(f"\n{os.cpu_count()} cores of {model or platform.machine()}, {platform.system()} {platform.release()};", end=" ")
    print(f"database {bench.size:g} GB{', quick' if bench.quick else ''}; load before {load:.1f}, after {os.getloadavg()[0]:.1f}\n")
    table = [("what", "msc", "peer", "ratio", "target", "met?"), *bench.rows]
    widths = [max(len(row[column]) for row in table) for column in range(6)]
    table.insert(1, tuple("-" * width for width in widths))
    for row in table:
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |")
    missed = sum(row[5] == "NO" for row in bench.rows)
    print(f"\n{missed} targets missed." if missed else "\nEvery target is met.")


main()
