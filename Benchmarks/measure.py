"""Running programs and measuring them; the table of results. Nothing here knows what is measured."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass
class Use:
    """What a command used: seconds, and the largest of its processes' memory in MB."""

    seconds: float
    cpu: float
    memory: float
    output: str = ""

    def __add__(self, other):
        return Use(self.seconds + other.seconds, self.cpu + other.cpu, max(self.memory, other.memory), other.output)


class Bench:
    """The folder, the programs in it, and the rows of the table."""

    def __init__(self, folder, size, quick):
        self.folder, self.size, self.quick = folder, size, quick
        self.rows = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def program(self, name):
        return os.path.join(self.folder, "bin", name)

    def run(self, *command, input=None, output=subprocess.PIPE):
        """Runs a command to its end and measures it; ends the benchmark when it fails."""
        report = self.path("use")
        done = subprocess.run(
            [self.program("measure"), report, *map(str, command)], stdin=input or subprocess.DEVNULL, stdout=output,
            stderr=subprocess.PIPE, text=True)
        wall, user, system, memory, status = open(report).read().split()
        if status != "0":
            sys.exit(f"{' '.join(map(str, command))} ended with {status}: {done.stderr}")
        return Use(float(wall), float(user) + float(system), int(memory) / 1000, done.stdout or "")

    def msc(self, *arguments):
        return self.run(self.program("msc"), *arguments)

    def msc_json(self, *arguments):
        use = self.msc(*arguments, "--json")
        return use, json.loads(use.output)

    def client(self, name, *arguments):
        """Runs one of the clients; the seconds that it measured itself."""
        return float(self.run(self.program(name), *arguments).output)

    def sql(self, data, text):
        return self.run("sqlite3", data, text).output.strip()

    def fresh(self, name):
        """An empty folder."""
        shutil.rmtree(self.path(name), ignore_errors=True)
        os.mkdir(self.path(name))
        return self.path(name)

    def drop(self, *names):
        for name in names:
            path = self.path(name)
            shutil.rmtree(path, ignore_errors=True) if os.path.isdir(path) else [
                os.remove(path + tail) for tail in ("", "-wal", "-shm") if os.path.exists(path + tail)]

    def add(self, what, ours, peer, ratio, target, is_met):
        """A row of the table; `is_met` None where there is no target."""
        self.rows.append((what, ours, peer, ratio, target, "" if is_met is None else "yes" if is_met else "NO"))
        print("  " + " | ".join(cell for cell in self.rows[-1] if cell), flush=True)


def say(text):
    print(f"[{time.strftime('%H:%M:%S')}] {text}", flush=True)


median = statistics.median


def rounds(count, *contenders):
    """Lets the contenders take turns, the first of each round changing; gives each one's list of results."""
    results = [[] for _ in contenders]
    for number in range(count):
        for step in range(len(contenders)):
            index = (number + step) % len(contenders)
            results[index].append(contenders[index]())
    return results


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def megabytes(value):
    return f"{value:.1f} MB"


def settings(data, **keys):
    """Writes the settings of a database: keys below Advanced, as docs/settings.md names them."""
    folder = os.path.splitext(data)[0] + ".msc/Settings"
    os.makedirs(folder, exist_ok=True)
    body = "".join(f"<{key}>{value}</{key}>" for key, value in keys.items())
    with open(os.path.join(folder, "Backup.4DSettings"), "w") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?><Preferences4D xmlns="http://www.4d.com/namespace/reserved/2004/backup">'
            f"<Backup><Settings><Advanced>{body}</Advanced></Settings></Backup></Preferences4D>")
