"""The log file: filling it from what was captured, its size, and reading a large one."""

import os
import subprocess

from measure import megabytes, median, rounds, say, seconds


def run(bench):
    data, journal, operations = fill(bench)
    size(bench, journal, operations)
    pages(bench, journal, operations)
    search(bench, journal, operations)
    bench.drop("log")


def fill(bench, is_told=True):
    """A day in the shop, ten times over: captured, and drained after each tenth."""
    folder = bench.fresh("log")
    data = os.path.join(folder, "shop.db")
    bench.run(bench.program("generate"), data, 10)
    bench.msc("log", "start", data, "--quiet")
    portion = 50_000 if bench.quick else 1_000_000
    rates, processors, memories, last = [], [], [], 0
    for number in range(10):
        bench.client("workload", data, portion, 1000, number + 1)
        use, outcome = bench.msc_json("log", "drain", data)
        rates.append((outcome["lastOperation"] - last) / use.seconds)
        processors.append((outcome["lastOperation"] - last) / use.cpu)
        last = outcome["lastOperation"]
        memories.append(use.memory)
    if not is_told:
        return data, os.path.join(folder, "shop.journal"), last
    rate = median(rates)
    bench.add(
        f"drain of {portion:,} operations", f"{rate:,.0f} operations/s ({median(processors):,.0f} a cpu second)", "", "", ">= 300,000/s", rate >= 300_000)
    bench.add("its peak memory", megabytes(max(memories)), "", "", "", None)
    return data, os.path.join(folder, "shop.journal"), last


def size(bench, journal, operations):
    """Against JSON Lines + gzip -1 of a tenth of the operations, taken from ten places."""
    portion = operations // 100
    packed = 0
    for place in range(10):
        first = 1 + place * operations // 10
        export = subprocess.Popen(
            [bench.program("msc"), "log", "export", journal, "--format", "jsonl", "--from", str(first), "--to",
             str(first + portion - 1)], stdout=subprocess.PIPE)
        packed += len(subprocess.run(["gzip", "-1"], stdin=export.stdout, stdout=subprocess.PIPE, check=True).stdout)
        export.wait()
    ours, theirs = os.path.getsize(journal) / operations, packed / (portion * 10)
    bench.add(
        f"log of {operations:,} operations", f"{ours:.1f} bytes each", f"JSON Lines + gzip -1 {theirs:.1f}", f"{ours / theirs:.2f}",
        "<= 0.40", ours <= 0.4 * theirs)


def pages(bench, journal, operations):
    """Whole processes: one that only starts, one that opens the log and finds nothing, and one page of 50 at several places."""
    places = [1, *(operations * place // 8 for place in range(1, 8)), operations - 49]

    def page(first):
        return lambda: bench.msc("activity", journal, "--from", first, "--limit", 50)

    bare, empty, *found = rounds(9, lambda: bench.msc("--version"), page(operations + 1), *map(page, places))
    start, opened = (median(use.seconds for use in uses) for uses in (bare, empty))
    worst = max(median(use.seconds for use in uses) for uses in found)
    memory = max(use.memory for uses in found for use in uses)
    label = f"a log of {operations:,} operations"
    bench.add(
        f"open {label}", seconds(opened - start), f"msc --version {seconds(start)}, taken off", "", "<= 100 ms", opened - start <= 0.1)
    bench.add(
        f"a page of 50, the worst of {len(places)} places", seconds(worst - opened), f"opening {seconds(opened)}, taken off", "", "<= 5 ms",
        worst - opened <= 0.005)
    bench.add("its peak memory", megabytes(memory), "", "", "<= 64 MB", memory <= 64)


def search(bench, journal, operations):
    for text, what in (("no such text", "absent"), ("lantern 4711", "rare")):
        uses = [
            bench.msc("activity", journal, "--table", "invoice_line", "--search", text, "--limit", 1000000) for _ in range(3)]
        cpu, wall = median(use.cpu for use in uses), median(use.seconds for use in uses)
        rate = operations / cpu
        bench.add(
            f"filter by table and {what} text, one core", f"{rate / 1e6:.1f} million/s ({seconds(wall)})", "", "", ">= 3 million/s",
            rate >= 3e6)
