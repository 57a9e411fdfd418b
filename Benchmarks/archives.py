"""Backup, restore, and what writers notice of a backup."""

import glob
import os
import subprocess

from measure import megabytes, median, rounds, say, seconds, settings


def shop(bench, megabytes_wanted=None):
    """A shop of the wanted size; made once."""
    size = int(megabytes_wanted or bench.size * 1000)
    data = bench.path(f"shop{size}.db")
    if not os.path.exists(data):
        say(f"making a database of {size} MB")
        bench.run(bench.program("generate"), data, size)
        # What the disk still has to write is not to fall into what is measured.
        os.sync()
    return data


def archive(bench, data, keep=False, **keys):
    """Makes a backup with these settings; its use and the archive's size."""
    settings(data, **keys)
    use, outcome = bench.msc_json("backup", data)
    if not keep:
        os.remove(outcome["archive"])
    return use, outcome


def peer(bench, data, level):
    """What an administrator does today: a copy by the sqlite3 shell, then pigz on all cores; and reading back what was written.

    Its use without and with the reading, and the size.
    """
    copy = bench.path("copy.db")
    use = bench.run("sqlite3", data, f".backup {copy}") + bench.run("pigz", f"-{level}", "-f", copy)
    size = os.path.getsize(copy + ".gz")
    checked = use + bench.run("pigz", "-t", copy + ".gz")
    os.remove(copy + ".gz")
    return use, checked, size


def spent(uses):
    """The median wall time; beside it the processor time, which says more on a busy machine."""
    return f"{seconds(median(use.seconds for use in uses))} (cpu {seconds(median(use.cpu for use in uses))})"


def backup(bench):
    for rate, level, target in (("Fast", 1, 3), ("Compact", 9, 1)):
        # pigz -9 takes minutes for a gigabyte of this.
        size = bench.size if rate == "Fast" else min(bench.size, 0.02 if bench.quick else 0.2)
        data = shop(bench, size * 1000)
        label = f"{size:g} GB"
        count = 5 if rate == "Fast" and not bench.quick else 3
        bare, checked, other = rounds(
            count, lambda: archive(bench, data, CompressionRate=rate, CheckArchiveFileDuringBackup=False),
            lambda: archive(bench, data, CompressionRate=rate, CheckArchiveFileDuringBackup=True), lambda: peer(bench, data, level))
        for name, results, place, what in (("writing", bare, 0, ""), ("with check", checked, 1, " + pigz -t")):
            ours = [use for use, _ in results]
            theirs = [found[place] for found in other]
            ratio = median(use.seconds for use in theirs) / median(use.seconds for use in ours)
            bench.add(
                f"backup {label}, {rate}, {name}", spent(ours), f".backup + pigz -{level}{what} {spent(theirs)}", f"{ratio:.2f}x",
                f">= {target}x", ratio >= target)
        packed, other_packed = bare[0][1]["archiveBytes"], other[0][2]
        bench.add(
            f"its archive, {rate}", megabytes(packed / 1e6), megabytes(other_packed / 1e6), f"{packed / other_packed:.3f}", "<= 1",
            packed <= other_packed)
        if rate == "Fast":
            memory = max(use.memory for use, _ in bare + checked)
            bench.add(f"peak memory, {label}", megabytes(memory), "", "", "<= 100 MB", memory <= 100)
    large = shop(bench, 4 * bench.size * 1000)
    use, _ = archive(bench, large, CompressionRate="Fast")
    bench.add(
        f"peak memory, {4 * bench.size:g} GB", megabytes(use.memory), "", f"{use.memory / memory:.2f}", "<= 100 MB, the same",
        use.memory <= 100 and use.memory <= memory * 1.1)
    bench.drop(os.path.basename(large), os.path.basename(large)[:-3] + ".msc")


def restore(bench):
    _, outcome = archive(bench, shop(bench), keep=True, CompressionRate="Fast")
    path = outcome["archive"]

    def ours():
        bench.drop("restored")
        return bench.msc("restore", path, "--to", bench.path("restored"), "--integrate", "none")

    def unzip():
        bench.drop("unzipped")
        return bench.run("unzip", "-q", glob.escape(path), "-d", bench.path("unzipped"))

    results = rounds(5, ours, unzip)
    mine, other = results
    ratio = median(use.seconds for use in other) / median(use.seconds for use in mine)
    bench.add(
        f"restore {bench.size:g} GB, digests checked", spent(mine), f"unzip {spent(other)}", f"{ratio:.2f}x", ">= 2x", ratio >= 2)
    memory = max(use.memory for use in results[0])
    bench.add("peak memory", megabytes(memory), "", "", "<= 100 MB", memory <= 100)
    bench.drop("restored", "unzipped")
    os.remove(path)


def pauses(bench):
    """One writer, a thousand commits a second: alone, while pigz works on the same cores and disk, and during a backup."""
    data = shop(bench)

    def during(body):
        writer = subprocess.Popen(
            [bench.program("writer"), data], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        body()
        _, middle, high, longest = map(float, writer.communicate()[0].split())
        return middle, high, longest

    def pack():
        with open(bench.path("packed.gz"), "w") as file:
            bench.run("pigz", "-1", "-k", "-c", data, output=file)
            os.fsync(file)
        bench.drop("packed.gz")

    runs = rounds(
        5, lambda: during(lambda: bench.run("sleep", 2 if bench.quick else 5)),
        lambda: during(pack),
        lambda: during(lambda: archive(bench, data, CompressionRate="Fast")))
    alone, beside, backed = ([median(values) for values in zip(*results)] for results in runs)

    def text(values):
        return "median {:.2f}, 99.9 % {:.1f}, longest {:.1f} ms".format(*values)

    bench.add("commits of a WAL writer, alone", text(alone), "", "", "", None)
    bench.add(
        "the same during a backup", text(backed), f"during pigz -1: {text(beside)}", f"{backed[2] / beside[2]:.2f}",
        "longest as during pigz", backed[2] <= max(beside[2] * 1.5, alone[2] * 1.5, 20))
