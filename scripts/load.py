#!/usr/bin/env python3
"""Eight foreign programs on one database, with the log on and off: does anybody see more of us than the time it takes?

load.py MSC SECONDS [--folder FOLDER] [--json]

One writer gives up at once when the database is locked (no busy timeout): alone with readers it is never refused, so every
refusal that it meets beside us is ours. Three writers wait as applications do, four readers read whole tables. First they
run without us, then with the log on and 'msc log drain' twice a second, then beside 'msc watch'; a backup every second or a twelfth of the time.
"""
import json, multiprocessing, os, sqlite3, subprocess, sys, tempfile, time


def connect(path, timeout):
    db = sqlite3.connect(path, isolation_level=None, timeout=timeout)
    db.execute("PRAGMA synchronous=NORMAL")
    return db


def writer(path, number, stop, patience, pause, result):
    db = connect(path, patience)
    done = refused = 0
    while not stop.is_set():
        try:
            db.execute("BEGIN IMMEDIATE")
            for _ in range(3):
                db.execute("INSERT INTO item(name, x) VALUES(?, ?)", ("w%d" % number, done * 1.5))
            db.execute("UPDATE item SET x = x + 1 WHERE id = (SELECT max(id) - 5 FROM item)")
            db.execute("DELETE FROM item WHERE id = (SELECT min(id) FROM item)")
            db.execute("COMMIT")
            done += 1
        except sqlite3.OperationalError as error:
            if db.in_transaction:
                db.execute("ROLLBACK")
            if "locked" not in str(error) and "busy" not in str(error):
                raise
            refused += 1
        time.sleep(pause)
    result.put(("writer" if patience else "impatient", done, refused))


def reader(path, stop, result):
    db = connect(path, 0)
    done = refused = 0
    while not stop.is_set():
        try:
            db.execute("SELECT count(*), sum(x), max(name) FROM item").fetchall()
            done += 1
        except sqlite3.OperationalError:
            refused += 1
        time.sleep(0.01)
    result.put(("reader", done, refused))


def phase(path, seconds, impatient, beside):
    """The impatient writer has the database to itself with readers; the patient ones take turns with each other."""
    stop, result = multiprocessing.Event(), multiprocessing.Queue()
    team = [multiprocessing.Process(target=reader, args=(path, stop, result)) for _ in range(4 if not impatient else 7)]
    if impatient:
        team.append(multiprocessing.Process(target=writer, args=(path, 0, stop, 0, 0.002, result)))
    else:
        team += [multiprocessing.Process(target=writer, args=(path, n, stop, 20, 0.005, result)) for n in range(4)]
    for process in team:
        process.start()
    end = time.monotonic() + seconds
    seen = beside(end)
    stop.set()
    totals = {}
    for _ in team:
        kind, done, refused = result.get(timeout=60)
        old = totals.get(kind, (0, 0))
        totals[kind] = (old[0] + done, old[1] + refused)
    for process in team:
        process.join()
    return {"transactions": totals, **seen}


def main():
    msc, seconds = sys.argv[1], float(sys.argv[2])
    parent = sys.argv[sys.argv.index("--folder") + 1] if "--folder" in sys.argv else None
    report = {}
    with tempfile.TemporaryDirectory(dir=parent) as folder:
        def run(*arguments):
            ended = subprocess.run([msc, *arguments, "--json"], capture_output=True, text=True)
            if ended.returncode != 0:
                # A backup that waits for writers may be told to; anything else is a failure of ours.
                raise SystemExit("msc %s: %d %s" % (" ".join(arguments), ended.returncode, ended.stderr))
            return json.loads(ended.stdout)

        for impatient in (True, False):
            for mode in ("alone", "drained", "watched"):
                logged = mode != "alone"
                path = os.path.join(folder, "load-%d-%s.db" % (impatient, mode))
                db = sqlite3.connect(path, isolation_level=None)
                db.executescript("PRAGMA journal_mode=wal; CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, x REAL);")
                db.executemany("INSERT INTO item(name, x) VALUES(?, ?)", [("seed %d" % n, n) for n in range(5000)])
                if logged:
                    run("log", "start", path)

                def alone(end):
                    most = 0
                    while time.monotonic() < end:
                        most = max(most, os.path.getsize(path + "-wal"))
                        time.sleep(0.05)
                    return {"wal": most}

                def beside(end):
                    most = outbox = drains = backups = 0
                    every = max(1.0, seconds / 12)
                    next_backup = time.monotonic() + every
                    watch = subprocess.Popen([msc, "watch", path], stdout=subprocess.DEVNULL) if mode == "watched" else None
                    while time.monotonic() < end:
                        if not watch:
                            run("log", "drain", path)
                            drains += 1
                        outbox = max(outbox, db.execute("SELECT count(*) FROM _msc_log").fetchone()[0])
                        most = max(most, os.path.getsize(path + "-wal"))
                        if time.monotonic() >= next_backup:
                            run("backup", path)
                            backups += 1
                            next_backup = time.monotonic() + every
                        time.sleep(0.3)
                    if watch:
                        watch.terminate()
                        drains = watch.wait()
                    return {"wal": most, "outbox": outbox, "watch ended" if watch else "drains": drains, "backups": backups}

                name = ("impatient " if impatient else "patient ") + mode
                report[name] = phase(path, seconds / 6, impatient, beside if logged else alone)
                if logged:
                    # When nobody writes, what is in the log is let go.
                    time.sleep(0.5)
                    run("log", "drain", path)
                    rest = report[name]
                    rest["outbox left"] = db.execute("SELECT count(*) FROM _msc_log").fetchone()[0]
                    archive = os.path.join(path[:-3] + ".msc", "Backups")
                    first = sorted(n for n in os.listdir(archive) if n.endswith(".4BK"))[0]
                    restored = run("restore", os.path.join(archive, first), "--to", path + "-restored", "--integrate", "auto")
                    query = "SELECT count(*), total(id), total(x) FROM item"
                    copy = sqlite3.connect(restored["data"])
                    rest["equal"] = copy.execute(query).fetchone() == db.execute(query).fetchone()
                    copy.close()
                db.close()
    if "--json" in sys.argv:
        print(json.dumps(report))
    else:
        for name, values in report.items():
            print("%-18s %s" % (name, values))


if __name__ == "__main__":
    main()
