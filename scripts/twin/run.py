"""One application: a captured database beside its twin, statement by statement, then every way back and forth in time."""

import json
import os
import re
import shutil
import subprocess

from client import Client, content, difference, quoted
from statements import Statements, Table

# What docs/capture.md says that an application may notice: from there on the two are not the same application any more.
ENDLESS = ("too many levels of trigger recursion", "triggers nested too deep")
KNOWN = [("UPDATE", "UNIQUE constraint failed"), ("ALTER TABLE", "after drop column: no such column: NEW[.]c[0-9]")] + [("", words) for words in ENDLESS]


class Wrong(Exception):
    """A promise that was not kept."""


class Mark:
    """An operation, what was there, and the tables of which the log says that it does not have them."""

    def __init__(self, last, found, strange):
        self.last, self.content, self.strange = last, found, strange

    def without(self, found, others=()):
        kept = {key: value for key, value in found.items() if key[2] not in self.strange and key[2] not in others}
        counters = "rows", "sqlite_sequence", "sqlite_sequence"
        # That nobody has a counter is said by an empty table or by none.
        kept.pop(("table",) + counters[1:], None)
        rows = [row for row in kept.pop(counters, []) if not any("'%s'" % table in row for table in self.strange)]
        if rows:
            kept[counters] = rows
        return kept


class Run:
    def __init__(self, seed, random, folder, msc, driver, steps, drains, hard, strange):
        self.seed, self.random, self.folder, self.msc, self.driver, self.steps, self.drains = seed, random, folder, msc, driver, steps, drains
        self.data = os.path.join(folder, "a.db")
        self.script, self.marks, self.told, self.next_mark = [], [], "", steps // 6
        client = Client(":memory:", driver)
        newer = tuple(map(int, client.version.split(".")[:2])) >= (3, 46)
        client.close()
        self.statements = Statements(random, hard, strange, newer)
        self.figures = {"statements": 0, "drains": 0, "marks": 0, "told": 0, "left": 0, "strange": 0, "unseen": 0}

    # MARK: Our program

    def call(self, *arguments, wanted=(0,)):
        ended = subprocess.run([self.msc, *arguments, "--json"], capture_output=True, text=True, errors="replace", timeout=300)
        if ended.returncode not in wanted:
            raise Wrong("msc %s: %d %s %s" % (" ".join(arguments), ended.returncode, ended.stdout[-400:], ended.stderr[-400:]))
        return json.loads(ended.stdout) if ended.stdout.strip() else {}

    def drain(self):
        self.figures["drains"] += 1
        self.statements.fresh.clear()
        return self.call("log", "drain", self.data, wanted=(0, 3))["lastOperation"]

    def mark(self):
        """The content at the end of the log, to come back to; and whether the log says that it lacks something."""
        last = self.drain()
        status = self.call("log", "status", self.data)
        if status["state"] != "ok" or status.get("reason"):
            self.told = status.get("reason") or status["state"]
        mark = Mark(last, content(self.app), set(status["notJournaled"]))
        self.figures["strange"] += len(mark.strange)
        self.marks = [other for other in self.marks if other.last != last] + [mark]

    def restored(self, mark):
        """How the archive with its log up to a mark differs from what was there."""
        folder = os.path.join(self.folder, "restored")
        shutil.rmtree(folder, ignore_errors=True)
        archive = os.path.join(self.folder, "a.msc", "Backups", "a[0001].4BK")
        there = self.call("restore", archive, "--to", folder, "--integrate", "auto", "--until-operation", str(mark.last), wanted=(0, 3))
        client = Client(there["data"], self.driver)
        try:
            found = content(client)
        finally:
            client.close()
        silent = [table for table in mark.strange if found.get(("rows", table, table)) != mark.content.get(("rows", table, table))
                  and "'%s'" % table not in json.dumps(there)]
        return difference(mark.without(found), mark.without(mark.content)) or ("not told of " + ", ".join(silent) if silent else "")

    # MARK: The application

    def both(self, sql):
        """Tells both; false when they are not the same application any more, for a reason that is known."""
        self.script.append(sql)
        mine = self.app.attempt(sql)
        self.succeeded = mine[0] == "rows"
        if self.twin is None:
            return False
        theirs = self.twin.attempt(sql)
        if sql.startswith("UPDATE") and "\"" in sql and self.differ_by_order(sql):
            self.leave_twin()
            return False
        # Where triggers call each other without end, both fail, but not at the same depth: what OR FAIL leaves is not the same.
        is_endless = any(words in str(mine) for words in ENDLESS)
        if mine == theirs and self.app.is_in_transaction == self.twin.is_in_transaction and not is_endless:
            return True
        said = "%s %s" % (mine, theirs)
        if any(sql.startswith(start) and re.search(error, said) for start, error in KNOWN):
            self.leave_twin()
            return False
        raise Wrong("the application notices: %s / %s" % (mine, theirs))

    def differ_by_order(self, sql):
        """Whether an UPDATE, whose outcome can depend on the order of its rows, has given other rows: docs/capture.md tells of it."""
        query = "SELECT * FROM " + quoted(sql.split('"')[1])
        return self.app.attempt(query) != self.twin.attempt(query)

    def leave_twin(self):
        self.figures["left"] += 1
        self.twin.close()
        self.twin = None

    def compare(self):
        if self.twin and not self.app.is_in_transaction:
            found = difference(content(self.app), content(self.twin))
            if found:
                raise Wrong("the data are not as without us: " + found)

    def prepare(self):
        self.app, self.twin = Client(self.data, self.driver), Client(os.path.join(self.folder, "twin.db"), self.driver)
        mode = self.random.choice(["wal", "wal", "delete", "truncate", "memory"])
        for client in (self.app, self.twin):
            client.run("PRAGMA synchronous=OFF")
            client.run("PRAGMA journal_mode=%s" % (mode if client is self.app else "memory"))
        self.script.append("PRAGMA journal_mode=%s" % mode)
        if self.random.random() < 0.2:
            self.both("PRAGMA recursive_triggers=ON")
        while len(self.statements.tables) < 3:
            table = Table(self.random, self.statements.name("t"))
            self.both(table.sql)
            if self.succeeded:
                self.statements.tables.append(table)
        for _ in range(self.random.randrange(15)):
            self.both(self.statements.change())
        for _ in range(self.random.randrange(3)):
            self.both(self.statements.trigger())
        self.call("log", "start", self.data, wanted=(0, 3))
        self.script.append("-- log start")
        self.start = content(self.app)
        if not os.path.exists(os.path.join(self.folder, "a.msc", "Backups", "a[0001].4BK")):
            self.call("backup", self.data, wanted=(0, 3))

    def go(self):
        self.prepare()
        for number in range(self.steps):
            sql, remember = self.statements.step(self.app.is_in_transaction)
            self.both(sql)
            self.figures["statements"] += 1
            if self.succeeded:
                remember()
            else:
                self.statements.failed(self.app.is_in_transaction)
            if self.app.is_in_transaction:
                continue
            if self.random.random() < 0.1:
                self.compare()
            if self.drains == "all" or self.random.random() < 10 / self.steps:
                self.script.append("-- drain")
                self.drain()
            if number >= self.next_mark:
                self.next_mark += self.steps // 6
                self.script.append("-- mark")
                self.mark()
        if self.app.is_in_transaction:
            self.both("ROLLBACK")
        self.compare()
        self.mark()
        self.prove()

    def repeat(self, script):
        """Does again what a script says: one of a run, or what is left of it."""
        self.app, self.twin = Client(self.data, self.driver), Client(os.path.join(self.folder, "twin.db"), self.driver)
        for line in script:
            if line == "-- log start":
                self.call("log", "start", self.data, wanted=(0, 3))
                if not os.path.exists(os.path.join(self.folder, "a.msc", "Backups", "a[0001].4BK")):
                    self.call("backup", self.data, wanted=(0, 3))
            elif line == "-- drain":
                self.drain()
            elif line == "-- mark":
                self.mark()
            elif not line.startswith("--"):
                self.both(line)
        if self.app.is_in_transaction:
            self.both("ROLLBACK")
        self.compare()
        self.mark()
        self.prove(self.marks)

    # MARK: The proof

    def prove(self, chosen=None):
        """Every mark can be reached, from the archive and on the live data, and the way back to the present too."""
        try:
            self.call("log", "check", os.path.join(self.folder, "a.journal"))
            chosen = chosen or self.random.sample(self.marks[:-1], min(2, len(self.marks) - 1)) + self.marks[-1:]
            for mark in chosen:
                self.figures["marks"] += 1
                found = self.restored(mark)
                if found:
                    raise Wrong("restored to operation %d: %s" % (mark.last, found))
            if chosen[0] is not self.marks[-1]:
                self.move(chosen[0], "rolled back")
                self.move(self.marks[-1], "forward again")
        except Wrong as wrong:
            if self.told:
                self.figures["told"] += 1
            # docs/capture.md: rows that an index displaced which came and went between two drains are seen by a comparison only.
            elif any("'%s'" % table.name in str(wrong) for table in self.statements.displaced):
                self.figures["unseen"] += 1
            else:
                raise
        finally:
            for client in (self.app, self.twin):
                if client:
                    client.close()

    def move(self, mark, word):
        self.script.append("-- rollback to %d" % mark.last)
        is_strange = mark.strange or self.marks[-1].strange
        ended = self.call("rollback", self.data, "--to-operation", str(mark.last), wanted=(0, 1, 3) if is_strange else (0, 3))
        # An archive's structure cannot be brought into live data when msc cannot make it: it says so, and nothing is changed.
        if ended.get("error", {}).get("code") in (1509, 1524, 1527):
            mark = self.marks[-1]
        # Counters of AUTOINCREMENT may stay on live data: numbers that were seen outside are not given again.
        others = self.marks[-1].strange | {"sqlite_sequence"}
        found = difference(mark.without(content(self.app), others), mark.without(mark.content, others))
        if found:
            raise Wrong("%s to operation %d: %s %s" % (word, mark.last, found, json.dumps(ended)))
