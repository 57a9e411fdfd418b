#!/usr/bin/env python3
"""Random applications on captured databases beside twins without us, through the real program: twin.py MSC [options]

  --statements N     ends after so many statements (2000)
  --seed N           begins with this seed, otherwise with one that nobody has chosen; each run takes the next one
  --only             this seed alone, with its script on the standard output
  --shrink           then also the smallest script that fails in the same way
  --drains all       'msc log drain' after every commit, not only now and then
  --hard             RAISE(FAIL), RAISE(ROLLBACK) and temporary triggers as well: what cannot be captured has to be told
  --strange          tables that msc cannot write, or cannot read where the driver's SQLite is newer than its own (1527, 1524)
  --driver NAME      sqlite3, pysqlite3 or apsw
  --mixed            each run draws by its seed which of the above it is, with each driver that is there
  --matrix FOLDER    the versions of SQLite that PyPI has, one after the other, installed into FOLDER; those that it does not give are skipped
  --workers N        processes (as many as cores)
  --findings FILE    appends what is wrong, and goes on

It compares: both databases while the application runs; at each mark the archive with its log up to the mark; a rollback to a mark and forward
again; the log's own check. A failure prints its seed. Exit status 1: something was wrong.
"""
import argparse, importlib.util, json, multiprocessing, os, random, re, shutil, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "twin"))
# One driver for each minor version of SQLite that PyPI had in November 2026, and the newest of the day.
VERSIONS = [("pysqlite3-binary", "0.5.0")] + [("apsw", version) for version in (
    "3.41.2.0", "3.42.0.1", "3.43.2.0", "3.44.2.0", "3.45.3.0", "3.46.1.0", "3.47.2.0", "3.48.0.0", "3.49.2.0", "3.50.4.0", "3.51.3.0",
    "3.53.4.0", "")]


def drawn(options, chance):
    """What a run is like when nobody has said it. One that drains at every commit takes longer, so that it is shorter."""
    way = argparse.Namespace(**vars(options))
    there = [name for name in ("sqlite3", "pysqlite3", "apsw") if importlib.util.find_spec(name)]
    way.driver, way.hard, way.strange = chance.choice(there), chance.random() < 0.3, chance.random() < 0.1
    if chance.random() < 0.1:
        way.drains, way.steps = "all", options.steps // 8
    return way


def one(options, seed, script=None):
    """One run, or one of a script. Returns its figures and what was wrong."""
    from run import Run, Wrong
    chance = random.Random(seed)
    way = drawn(options, chance) if options.mixed else options
    folder = tempfile.mkdtemp(prefix="twin-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    run = Run(seed, chance, folder, options.msc, way.driver, way.steps, way.drains, way.hard, way.strange)
    wrong = None
    try:
        run.repeat(script) if script else run.go()
    except Wrong as error:
        wrong = str(error)
    except Exception as error:
        wrong = "%s: %s" % (type(error).__name__, error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return seed, run.figures, wrong, run.script


def shrink(options, seed, script, wrong):
    """The smallest script that fails in the same way: ever smaller parts are left out."""
    kind = lambda said: re.sub("'[^']*'|[0-9]+|twin-[^/]*", "", (said or "").partition("{")[2] or said or "")[:160]
    size = len(script) // 2
    while size:
        at = 0
        while at < len(script):
            less = script[:at] + script[at + size:]
            if kind(one(options, seed, less)[2]) == kind(wrong):
                script = less
            else:
                at += size
        size //= 2
    return script


def work(options, seeds, results):
    while True:
        seed = seeds.get()
        if seed is None:
            return
        results.put(one(options, seed))


def several(options):
    """Runs on all cores until there are enough statements. Returns the sums, and the seeds that failed."""
    seeds, results = multiprocessing.Queue(), multiprocessing.Queue()
    team = [multiprocessing.Process(target=work, args=(options, seeds, results)) for _ in range(options.workers)]
    for process in team:
        process.start()
    next_seed, running, sums, failed = options.seed, 0, {}, []
    # After fifty failures the next one tells nothing more.
    enough = lambda: len(failed) >= 50 or sums.get("statements", 0) + running * options.steps >= options.statements
    while not enough() or running:
        while running < options.workers and not enough():
            seeds.put(next_seed)
            next_seed, running = next_seed + 1, running + 1
        seed, figures, wrong, script = results.get(timeout=900)
        running -= 1
        for key, value in figures.items():
            sums[key] = sums.get(key, 0) + value
        if wrong:
            failed.append(seed)
            said = ["--hard"] * options.hard + ["--strange"] * options.strange + ["--drains", options.drains, "--driver", options.driver]
            said = ["--mixed"] if options.mixed else said
            told = "--seed %d --steps %d %s: %s" % (seed, options.steps, " ".join(said), wrong[:600])
            print(told, flush=True)
            if options.findings:
                with open(options.findings, "a") as file:
                    file.write(told + "\n")
    for _ in team:
        seeds.put(None)
    for process in team:
        process.join()
    return sums, failed


def install(folder, package, version):
    """A folder with that version of a driver; None when PyPI does not give it."""
    place = os.path.join(folder, package + "-" + (version or "newest"))
    if not os.path.isdir(place):
        wanted = package + ("==" + version if version else "")
        ended = subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--target", place + ".new", wanted],
            capture_output=True, text=True)
        if ended.returncode != 0:
            shutil.rmtree(place + ".new", ignore_errors=True)
            return None
        os.rename(place + ".new", place)
    return place


def matrix(options):
    skipped = bad = 0
    for package, version in VERSIONS:
        place = install(options.matrix, package, version)
        name = "%s %s" % (package, version or "newest")
        if not place:
            print("skipped: %s, which PyPI does not give here" % name, flush=True)
            skipped += 1
            continue
        command = [sys.executable, os.path.abspath(__file__), options.msc, "--driver", package.split("-")[0], "--seed", str(options.seed),
                   "--statements", str(options.statements // len(VERSIONS)), "--steps", str(options.steps), "--drains", options.drains,
                   "--workers", str(options.workers)]
        command += ["--hard"] * options.hard + ["--strange"] * options.strange
        command += ["--findings", options.findings] if options.findings else []
        ended = subprocess.run(command, env=dict(os.environ, PYTHONPATH=place))
        bad += ended.returncode != 0
    print("%d versions, %d skipped, %d with failures" % (len(VERSIONS), skipped, bad))
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("msc", type=os.path.abspath)
    parser.add_argument("--statements", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 10_000_000)
    parser.add_argument("--only", action="store_true")
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--drains", default="some", choices=["some", "all"])
    parser.add_argument("--hard", action="store_true")
    parser.add_argument("--strange", action="store_true")
    parser.add_argument("--driver", default="sqlite3", choices=["sqlite3", "pysqlite3", "apsw"])
    parser.add_argument("--mixed", action="store_true")
    parser.add_argument("--matrix", type=os.path.abspath)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--findings", type=os.path.abspath)
    options = parser.parse_args()
    if options.matrix:
        return matrix(options)
    if options.only:
        seed, figures, wrong, script = one(options, options.seed)
        print(";\n".join(script))
        print(json.dumps(figures), wrong or "no failure")
        if wrong and options.shrink:
            script = shrink(options, seed, script, wrong)
            print("\n-- the smallest script:\n" + ";\n".join(script), "\n--", one(options, seed, script)[2])
        return 1 if wrong else 0
    start = time.time()
    sums, failed = several(options)
    from client import Client
    client = Client(":memory:", options.driver)
    print("SQLite %s, seeds from %d, %.0f s: %s" % (client.version, options.seed, time.time() - start, json.dumps(sums)),
          "; failed: %s" % failed if failed else "; no failure", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
