"""What the log costs the application: the same statements on copies of a database, with the log and without, with the triggers
that people write by hand (the row before and after as JSON in a table of the same database), and with the least that a
trigger can note: the key alone, without time and values, from which nothing could be undone."""

import os
import shutil
import sqlite3
import time

from measure import median, rounds, say, seconds

# shape, kind, rows in a transaction, transactions, synchronous, most that it may cost
CASES = [
    ("narrow", "insert", 1, 20000, "NORMAL", 1.40), ("narrow", "update", 1, 20000, "NORMAL", 1.45),
    ("narrow", "insert", 1, 3000, "FULL", 1.11), ("narrow", "update", 1, 3000, "FULL", 1.11),
    ("narrow", "insert", 1000, 200, "NORMAL", 1.60), ("narrow", "update", 1000, 200, "NORMAL", 1.75),
    ("narrow", "delete", 1000, 200, "NORMAL", 1.75),
    ("wide", "insert", 1000, 100, "NORMAL", 1.65), ("wide", "update", 1000, 100, "NORMAL", 1.50),
    ("blob", "insert", 1, 10000, "NORMAL", 1.20), ("blob", "update", 1, 10000, "NORMAL", 1.80),
    ("blob", "rewrite", 1, 10000, "NORMAL", None),
]
NAMES = {"narrow": "5 columns", "wide": "20 columns", "blob": "4 KB BLOB"}


def pair(bench, prepare):
    """Two copies of a new database, the second one with the log on."""
    folder = bench.fresh("cost")
    plain, logged = os.path.join(folder, "plain.db"), os.path.join(folder, "logged.db")
    prepare(plain)
    shutil.copy(plain, logged)
    bench.msc("log", "start", logged, "--quiet")
    return plain, logged


def copied(bench, plain, name, *statements):
    """A further copy, with tables and triggers of its own."""
    data = bench.path(f"cost/{name}.db")
    shutil.copy(plain, data)
    connection = sqlite3.connect(data)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return data


def audited(bench, plain):
    connection = sqlite3.connect(plain)
    names = [row[1] for row in connection.execute("PRAGMA table_info(t)")]
    connection.close()
    old, new = ("json_object(" + ",".join(f"'{name}',{row}.{name}" for name in names) + ")" for row in ("OLD", "NEW"))
    return copied(
        bench, plain, "audited",
        "CREATE TABLE noted(id INTEGER PRIMARY KEY, at REAL, change TEXT, key INTEGER, old TEXT, new TEXT)",
        *(f"CREATE TRIGGER noted_{change} AFTER {change} ON t BEGIN INSERT INTO noted(at,change,key,old,new) "
          f"VALUES(julianday('now'),'{change}',{key},{values}); END"
          for change, key, values in (
              ("INSERT", "NEW.id", f"NULL,{new}"), ("UPDATE", "OLD.id", f"{old},{new}"), ("DELETE", "OLD.id", f"{old},NULL"))))


def keyed(bench, plain):
    return copied(
        bench, plain, "keyed", "CREATE TABLE noted(id INTEGER PRIMARY KEY, change, key)",
        *(f"CREATE TRIGGER noted_{change} AFTER {change} ON t BEGIN INSERT INTO noted(change,key) VALUES({number},{row}.id); END"
          for number, (change, row) in enumerate((("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")))))


def compare(bench, what, target, data, work, **peers):
    """Times `work` on all in turn; the log is drained, and the peers' tables emptied, between the rounds."""

    def logged():
        taken = work(data[1])
        bench.msc("log", "drain", data[1], "--quiet")
        return taken

    def by_hand(path):
        taken = work(path)
        bench.sql(path, "DELETE FROM noted")
        return taken

    count = 5 if bench.quick else 9
    without, with_log, *others = rounds(count, lambda: work(data[0]), logged, *(lambda path=path: by_hand(path) for path in peers.values()))
    ratio, *others = (median(b / a for a, b in zip(without, other)) for other in (with_log, *others))
    bench.add(
        what, seconds(median(with_log)),
        f"without {seconds(median(without))}" + "".join(f"; {name.replace('_', ' ')} {other:.2f}" for name, other in zip(peers, others)),
        f"{ratio:.2f}", f"<= {target:.2f}" if target else "", None if target is None else ratio <= target)


def run(bench):
    for shape, kind, rows, transactions, synchronous, target in CASES:
        if bench.quick:
            transactions = max(transactions // 5, 20)
        say(f"{shape} {kind} {rows}")
        existing = rows * transactions * (8 if kind == "delete" else 1) // (1 if rows > 1 else 4)

        def prepare(path):
            bench.run(bench.program("capture-cost"), path, shape, "prepare", 1000, max(existing // 1000, 1), "NORMAL")

        data = pair(bench, prepare)
        compare(
            bench, f"capture: {rows}-row {kind}s, {synchronous}, {NAMES[shape]}", target, data,
            lambda path: bench.client("capture-cost", path, shape, kind, rows, transactions, synchronous),
            key_alone=keyed(bench, data[0]),
            # JSON holds no BLOB.
            **({} if shape == "blob" else {"audit_triggers": audited(bench, data[0])}))
    # FULL is what a connection has that does not ask for anything else.
    for synchronous, transactions in (("FULL", 300 if bench.quick else 3000), ("NORMAL", 2000 if bench.quick else 10000)):
        python(bench, synchronous, transactions)
    bench.drop("cost")


def python(bench, synchronous, transactions):
    """An application in Python: its own sqlite3 module, one row a transaction."""

    def connect(path):
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(f"PRAGMA synchronous={synchronous}")
        return connection

    def prepare(path):
        connection = connect(path)
        connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT, count INTEGER, price REAL, note TEXT)")
        connection.execute("BEGIN")
        rows = [(f"name {i}", i, i / 7, "a note of some length") for i in range(transactions)]
        connection.executemany("INSERT INTO t(name,count,price,note) VALUES(?,?,?,?)", rows)
        connection.execute("COMMIT")
        connection.close()

    def insert(connection, i):
        connection.execute("BEGIN")
        connection.execute("INSERT INTO t(name,count,price,note) VALUES(?,?,?,?)", (f"name {i}", i, i / 7, "a note of some length"))
        connection.execute("COMMIT")

    def update(connection, i):
        connection.execute("BEGIN")
        connection.execute("UPDATE t SET count=?, price=price+1 WHERE id=?", (i, i * 7919 % transactions + 1))
        connection.execute("COMMIT")

    for statement in (insert, update):

        def work(path):
            connection = connect(path)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            started = time.perf_counter()
            for i in range(transactions):
                statement(connection, i)
            taken = time.perf_counter() - started
            connection.close()
            return taken

        compare(bench, f"capture: 1-row {statement.__name__}s from Python, {synchronous}", 1.15, data := pair(bench, prepare), work, key_alone=keyed(bench, data[0]))
