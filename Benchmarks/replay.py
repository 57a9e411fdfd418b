"""Replaying a log onto an older copy, and rolling operations back."""

import os
import shutil

from archives import shop
from measure import median, rounds, say, seconds, settings


def integration(bench):
    folder = bench.fresh("replay")
    data, base, target = (os.path.join(folder, name) for name in ("data.db", "base.db", "target.db"))
    count = 100_000 if bench.quick else 1_000_000
    bench.sql(data, "PRAGMA journal_mode=WAL; CREATE TABLE t(id INTEGER PRIMARY KEY, c1, c2, c3, c4)")
    shutil.copy(data, bench.path("replay/empty.db"))
    bench.msc("log", "start", data, "--quiet")
    bench.sql(data, "PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(data, base)
    bench.client("capture-cost", data, "narrow", "insert", 1000, count // 1000, "NORMAL")
    bench.msc("log", "drain", data, "--quiet")
    bench.sql(data, "PRAGMA wal_checkpoint(TRUNCATE)")
    dump = os.path.join(folder, "dump.sql")
    with open(dump, "w") as file:
        bench.run("sqlite3", data, ".dump t", output=file)

    def start(name):
        bench.drop("replay/target.db")
        shutil.copy(os.path.join(folder, name), target)

    def ours():
        start("base.db")
        use, outcome = bench.msc_json("integrate", target, os.path.join(folder, "data.journal"))
        assert outcome["integrated"][0]["recordOperations"] == count, outcome
        assert bench.sql(target, "SELECT count(*) FROM t") == str(count)
        return use.seconds

    def prepared():
        start("empty.db")
        return bench.client("insert-rows", data, target, "t")

    def shell():
        bench.drop("replay/target.db")
        bench.sql(target, "PRAGMA journal_mode=WAL")
        return bench.run("sqlite3", target, input=open(dump)).seconds

    mine, statement, text = (median(results) for results in rounds(3, ours, prepared, shell))
    rate = f"{count / mine:,.0f}/s"
    bench.add(
        f"integration of {count:,} additions", rate, f"prepared statement {count / statement:,.0f}/s", f"{statement / mine:.2f}x", ">= 0.7x",
        statement / mine >= 0.7)
    bench.add("the same", rate, f"sqlite3 < dump.sql {count / text:,.0f}/s", f"{text / mine:.2f}x", ">= 3x", text / mine >= 3)
    bench.drop("replay")


def rollback(bench):
    times = []
    for size in (bench.size / 10, bench.size):
        source = shop(bench, size * 1000)
        folder = bench.fresh("rollback")
        data = os.path.join(folder, "shop.db")
        shutil.copy(source, data)
        settings(data, CheckArchiveFileDuringBackup=False)
        bench.msc("log", "start", data, "--quiet")
        bench.client("workload", data, 10_000, 10, 1)
        results = []
        for number in range(3):
            _, outcome = bench.msc_json("log", "drain", data)
            keep = outcome["lastOperation"]
            bench.client("workload", data, 1000, 10, number + 2)
            use, outcome = bench.msc_json("rollback", data, "--to-operation", keep)
            assert outcome["cancelled"] == 1000 and outcome["method"] == "undo", outcome
            results.append(use.seconds)
        times.append(median(results))
        bench.add(
            f"rollback of 1,000 operations, {size:g} GB", seconds(times[-1]), "", "", "<= 1 s", times[-1] <= 1)
    bench.add("the same, 10 times the database", seconds(times[1]), seconds(times[0]), f"{times[1] / times[0]:.2f}", "flat: <= 1.5", times[1] <= times[0] * 1.5)
    bench.drop("rollback")
