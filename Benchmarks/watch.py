"""What the service costs and how fast it is: from a commit to the durable log, at rest, beside a steady writer, and what a
program without a busy timeout notices of it."""

import os
import signal
import sqlite3
import subprocess
import time

from measure import median, say, seconds


class Service:
    """A running `msc watch`, and the processor time that it has used."""

    def __init__(self, bench, data):
        self.process = subprocess.Popen(
            [bench.program("msc"), "watch", data], stdout=subprocess.DEVNULL, stderr=open(bench.path("watch.log"), "w"))
        self.text = bench.path("watch.log")
        end = time.time() + 30
        while "the log is written" not in open(self.text).read():
            if time.time() > end or self.process.poll() is not None:
                raise SystemExit(f"msc watch did not start: {open(self.text).read()}")
            time.sleep(0.01)

    def cpu(self):
        """Seconds of user and system time, threads that have ended included."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def prepare(bench, mode):
    folder = bench.fresh("watch")
    data = os.path.join(folder, "app.db")
    bench.sql(data, f"PRAGMA journal_mode={mode}; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b REAL, c INTEGER, d TEXT)")
    bench.msc("log", "start", data, "--quiet")
    return data


def connect(data):
    connection = sqlite3.connect(data, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA busy_timeout=0")
    return connection


def insert(connection, number):
    connection.execute("INSERT INTO t(a,b,c,d) VALUES(?,?,?,?)", (f"row {number}", number / 7, number, "x" * 60))


def latency(bench, data, pause):
    """Times from the return of a commit until the log holds it and the service has let the log go, which it does only when the
    log is durable: an upper bound."""
    log, lock = os.path.splitext(data)[0] + ".journal", os.path.splitext(data)[0] + ".msc/Lock/log"
    connection, times = connect(data), []
    for number in range(50 if bench.quick else 300):
        size = os.stat(log).st_size
        insert(connection, number)
        start = time.perf_counter()
        while os.stat(log).st_size == size or open(lock, "rb").read().strip():
            if time.perf_counter() - start > 30:
                raise SystemExit("a commit did not come to the log in 30 seconds")
            time.sleep(0.0005)
        times.append(time.perf_counter() - start)
        time.sleep(pause)
    return times


def steady(data, duration, pause):
    """Commits, and those that were refused because the database was locked; no busy timeout."""
    connection, commits, refused, end = connect(data), 0, 0, time.time() + duration
    while time.time() < end:
        try:
            insert(connection, commits)
            commits += 1
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            refused += 1
        if pause:
            time.sleep(pause)
    connection.close()
    return commits, refused


def run(bench):
    say("latency")
    data = prepare(bench, "wal")
    service = Service(bench, data)
    for name, pause in [("every 100 ms", 0.1), ("at once after the one before", 0)]:
        times = sorted(latency(bench, data, pause))
        bench.add(
            f"commit to durable log, WAL, a commit {name}: median", seconds(median(times)),
            f"99 of 100 {seconds(times[len(times) * 99 // 100])}", "", "<= 100 ms", median(times) <= 0.1)

    say("at rest")
    time.sleep(5)
    duration = 20 if bench.quick else 60
    before = service.cpu()
    time.sleep(duration)
    share = (service.cpu() - before) / duration
    bench.add("the service at rest: share of a core", f"{share:.3%}", "", "", "<= 0.1%", share <= 0.001)

    say("beside a steady writer")
    before = service.cpu()
    steady(data, duration, 0.1)
    share = (service.cpu() - before) / duration
    bench.add("the service beside 10 commits a second: share of a core", f"{share:.2%}", "", "", "", None)
    service.end()

    for mode in ["wal", "delete"]:
        say(f"busy, {mode}")
        data = prepare(bench, mode)
        alone = steady(data, duration / 2, 0.001)
        service = Service(bench, data)
        beside = steady(data, duration, 0.001)
        service.end()
        shares = [refused / max(commits + refused, 1) for commits, refused in (alone, beside)]
        more = max(0, shares[1] - shares[0])
        bench.add(
            f"commits refused as locked, no busy timeout, {mode}", f"{beside[1]} of {sum(beside)}", f"alone {alone[1]} of {sum(alone)}", "",
            "<= 0.01% more", more <= 0.0001)
    bench.drop("watch")
