#!/usr/bin/env python3
"""A folder that somebody changes while msc works in it: hostile.py MSC SECONDS [--user UID] [--seed N] [--operations N]

Every operation runs beside a loop that swaps files of the companion folder, the log and SQLite's journals for links, pipes, folders, other
owners and modes, and puts them back. Outside of the folder lie canaries: nothing of them may be changed, created, removed, or come out in an
archive, a list or a message. No operation may hang. Exit status 1: something fell; the line names the seed that does it again, more or less:
who wins a race is chance.

As root the folder belongs to UID (12345), and the canaries to root alone. Otherwise all is the user's own.
"""
import argparse
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

options = argparse.ArgumentParser()
options.add_argument("msc")
options.add_argument("seconds", type=float)
options.add_argument("--user", type=int, default=12345)
options.add_argument("--seed", type=int, default=None)
options.add_argument("--operations", type=int, default=0, help="end after so many, however long that takes")
options.add_argument("--longest", type=float, default=300, help="seconds after which an operation hangs")
options = options.parse_args()
IS_ROOT = os.geteuid() == 0
LONGEST = options.longest
MARK = "CANARY" + os.urandom(8).hex()


def is_plain(path):
    """No link: only the swapper makes those, but an operation may have moved one."""
    return os.path.isfile(path) and not os.path.islink(path)


class Site:
    """A database with a log and backups in a folder of its own, and canaries beside it."""

    def __init__(self, rng):
        self.rng = rng
        self.root = tempfile.mkdtemp(prefix="msc-hostile-")
        os.chmod(self.root, 0o755)
        self.folder = self.root + "/app"
        self.outside = self.root + "/outside"
        os.mkdir(self.folder)
        os.makedirs(self.outside + "/folder/inner")
        for name in ["secret", "folder/a.journal", "folder/a.4BK", "folder/Backup.4DSettings", "folder/inner/application.json"]:
            with open(f"{self.outside}/{name}", "w") as file:
                file.write(MARK * 50)
        if IS_ROOT:
            os.chmod(self.outside, 0o700)
        self.data = self.folder + "/app.db"
        connection = sqlite3.connect(self.data)
        connection.executescript("PRAGMA journal_mode=wal; CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)")
        connection.execute("INSERT INTO t(a) VALUES('one')")
        connection.commit()
        connection.close()
        self.give()
        for arguments in [["log", "start", self.data], ["backup", self.data]]:
            self.run(arguments)
            self.write()
        self.run(["log", "drain", self.data])
        self.before = self.state()

    def give(self):
        if IS_ROOT:
            for folder, _, files in os.walk(self.folder):
                for path in [folder] + [f"{folder}/{name}" for name in files]:
                    os.chown(path, options.user, options.user, follow_symlinks=False)

    def write(self):
        """A program's write; nobody swaps meanwhile."""
        try:
            connection = sqlite3.connect(self.data, timeout=5)
            connection.execute("INSERT INTO t(a) VALUES('x')")
            connection.commit()
            connection.close()
        except sqlite3.Error:
            pass
        self.give()

    def run(self, arguments):
        """Exit status and what was said; None when it did not end."""
        process = subprocess.Popen(
            [options.msc] + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.root)
        try:
            output, errors = process.communicate(timeout=LONGEST)
            return process.returncode, output + errors
        except subprocess.TimeoutExpired:
            where = self.where(process.pid)
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=LONGEST)
                where += "; SIGTERM ended it"
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                where += "; SIGTERM did not end it"
            return None, where.encode()

    def where(self, process):
        """What its threads wait for in the kernel, and the files that they have open."""
        waits, files = [], []
        for task in os.listdir(f"/proc/{process}/task"):
            try:
                waits.append(open(f"/proc/{process}/task/{task}/wchan").read())
            except OSError:
                pass
        try:
            files = [os.readlink(f"/proc/{process}/fd/{number}") for number in os.listdir(f"/proc/{process}/fd")]
        except OSError:
            pass
        return f"waits in {' '.join(waits)}; open: {' '.join(files)}"

    def state(self):
        """Everything outside the folder."""
        found = {}
        for folder, folders, files in os.walk(self.outside):
            for path in [folder] + [f"{folder}/{name}" for name in files]:
                status = os.lstat(path)
                content = hashlib.sha256(open(path, "rb").read()).hexdigest() if os.path.isfile(path) else sorted(os.listdir(path))
                found[path] = (status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, content)
        beside = sorted(name for name in os.listdir(self.root) if name not in ("app", "restored"))
        found[""] = beside
        return found

    def leaks(self):
        """Files of the folder in which a canary's content stands. A swap makes links and second names, never copies."""
        for top in [self.folder, self.root + "/restored"]:
            for folder, _, files in os.walk(top):
                for name in files:
                    path = f"{folder}/{name}"
                    if not os.path.isfile(path) or os.path.islink(path) or os.stat(path).st_nlink > 1:
                        continue
                    try:
                        content = open(path, "rb").read()
                        if MARK.encode() in content:
                            yield path
                        elif zipfile.is_zipfile(path):
                            with zipfile.ZipFile(path) as archive:
                                for entry in archive.namelist():
                                    if MARK.encode() in archive.read(entry):
                                        yield f"{path}: {entry}"
                    except (OSError, zipfile.BadZipFile, RuntimeError):
                        pass

    def places(self):
        """What is swapped: not the data file itself, which may be a link by right."""
        found = [self.data + ending for ending in ("-wal", "-shm", "-journal")] + [self.folder + "/app.journal", self.folder + "/app.msc"]
        for folder, folders, files in os.walk(self.folder + "/app.msc"):
            found += [f"{folder}/{name}" for name in folders + files]
        found += [f"{self.folder}/app.msc/{name}" for name in
                  ("Settings/Backup.4DSettings", "application.json", "history.json", "Hooks", "Logs", "Backups", "failedBackup.json", "automation.json")]
        return sorted(set(path for path in found if ".swapped" not in path))

    def close(self):
        subprocess.run(["chmod", "-R", "u+rwx", self.root], capture_output=True)
        shutil.rmtree(self.root, ignore_errors=True)


class Swapper(threading.Thread):
    """Swaps and puts back until it is told to stop."""

    def __init__(self, site, rng):
        super().__init__()
        self.site, self.rng, self.stopping, self.done = site, rng, threading.Event(), 0

    def target(self):
        targets = [self.site.outside + "/secret", self.site.outside + "/new", self.site.outside + "/folder/a.journal",
                   self.site.outside + "/folder/a.4BK", "/dev/zero", "/proc/self/environ", ".", "/nowhere"]
        # A link of the user's own to a folder of his own is his wish, and is followed.
        if IS_ROOT:
            targets += [self.site.outside + "/folder", self.site.outside + "/folder/inner"]
        return self.rng.choice(targets)

    def run(self):
        while not self.stopping.is_set():
            path = self.rng.choice(self.site.places())
            aside = f"{path}.swapped"
            try:
                self.swap(path, aside)
            except OSError:
                pass
            self.done += 1
            time.sleep(self.rng.choice([0, 0.0005, 0.005]))

    def swap(self, path, aside):
        had = os.path.lexists(path)
        if had:
            os.rename(path, aside)
        try:
            way = self.rng.randrange(7)
            if way < 3:
                os.symlink(self.target(), path)
            elif way == 3:
                os.mkfifo(path)
            elif way == 4:
                os.mkdir(path)
            elif way == 5 and had and is_plain(aside):
                os.chmod(aside, self.rng.choice([0o000, 0o777, 0o644]))
                if IS_ROOT:
                    os.chown(aside, self.rng.choice([0, options.user, 54321]), -1, follow_symlinks=False)
            elif way == 6:
                open(path, "xb").write(os.urandom(self.rng.randrange(2000)))
            time.sleep(self.rng.choice([0, 0.0005, 0.003, 0.02]))
        finally:
            if os.path.lexists(path) and (os.path.islink(path) or not os.path.isdir(path)):
                os.unlink(path)
            elif os.path.isdir(path):
                shutil.rmtree(path, ignore_errors=True)
            if had and os.path.lexists(aside) and not os.path.lexists(path):
                os.rename(aside, path)
                if is_plain(path):
                    os.chmod(path, 0o600)
                    if IS_ROOT:
                        os.chown(path, options.user, options.user, follow_symlinks=False)


def operations(site, rng):
    archives = [f"{site.folder}/app.msc/Backups/{name}" for name in os.listdir(site.folder + "/app.msc/Backups") if name.endswith(".4BK")]
    archive = rng.choice(archives) if archives else site.folder + "/app.msc/Backups/app[0001].4BK"
    restored = site.root + "/restored"
    return [
        ["backup", site.data], ["log", "drain", site.data], ["log", "new", site.data], ["log", "status", site.data], ["info", site.data],
        ["log", "check", site.folder + "/app.journal"], ["verify", site.data], ["verify", archive], ["verify", "--restore", archive],
        ["restore", archive, "--to", f"{restored}/{rng.randrange(10**9)}", "--integrate", "auto"], ["restore", archive, "--in-place"],
        ["rollback", site.data, "--to-operation", str(rng.randrange(1, 4))], ["check", site.data], ["backups", site.data],
        ["log", "export", site.folder + "/app.journal", "--format", "undo-sql", "--output", f"{site.folder}/undo{rng.randrange(10**6)}.sql"],
        ["activity", site.data], ["settings", site.data, "Advanced/SetNumber/Value", "1"], ["log", "stop", site.data], ["log", "start", site.data],
        ["repair", archive], ["resume", site.data],
    ]


def main():
    seed = options.seed if options.seed is not None else random.randrange(10**9)
    end = time.time() + options.seconds
    fallen = 0
    rounds = swaps = 0
    while rounds < options.operations or time.time() < end and not options.operations:
        rng = random.Random(seed)
        site = Site(rng)
        os.mkdir(site.root + "/restored")
        if IS_ROOT:
            os.chown(site.root + "/restored", options.user, options.user)
        said = []
        try:
            for _ in range(12):
                if time.time() > end and not options.operations or options.operations and rounds >= options.operations:
                    break
                try:
                    arguments = rng.choice(operations(site, rng))
                except OSError:
                    break
                site.write()
                swapper = Swapper(site, rng)
                swapper.start()
                try:
                    status, output = site.run(arguments)
                finally:
                    swapper.stopping.set()
                    swapper.join()
                swaps += swapper.done
                name = " ".join(os.path.basename(word) for word in arguments)
                if status is None:
                    said.append(f"'{name}' did not end within {LONGEST} s: {output.decode()}")
                elif status < 0 or status > 64:
                    said.append(f"'{name}' died: status {status}")
                if MARK.encode() in output:
                    said.append(f"'{name}' shows what a canary holds")
                now = site.state()
                for path in sorted(set(now) | set(site.before)):
                    if now.get(path) != site.before.get(path):
                        said.append(f"'{name}': outside, '{path.replace(site.root, '')}' was {site.before.get(path)} and is {now.get(path)}")
                site.before = now
                for path in site.leaks():
                    said.append(f"'{name}': the content of a canary is in '{path.replace(site.root, '')}'")
                    break
                rounds += 1
                if said:
                    break
        finally:
            site.close()
        for line in said:
            print(f"seed {seed}: {line}")
        fallen += bool(said)
        seed += 1
    who = f"root on the folder of {options.user}" if IS_ROOT else "a user"
    print(f"{rounds} operations as {who}, {swaps} swaps beside them: {fallen} fell")
    return 1 if fallen else 0


sys.exit(main())
