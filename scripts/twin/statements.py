"""Random statements of an application: what the captured database and its twin are both told."""

import copy

from client import quoted

VALUES = ["NULL", "0", "1", "2", "3", "4", "-1", "1.0", "2.5", "'a'", "'A'", "'b'", "'1'", "x'61'", "x'6100'", "'é'", "''", "-0.0",
          "9223372036854775807", "printf('%.*c',600,'L')", "zeroblob(700)"]
KINDS = ["key", "autoincrement", "text", "plain", "without", "composite", "autoincrement", "key"]
CONFLICTS = ["", "", "", " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR FAIL", " OR FAIL", " OR ABORT", " OR ROLLBACK"]


class Table:
    def __init__(self, random, name):
        self.name, self.kind = name, random.choice(KINDS)
        self.columns = ["a", "b", "c", "d"][:random.randint(2, 4)]
        parts = []
        if self.kind in ("key", "autoincrement"):
            parts.append("id INTEGER PRIMARY KEY" + (" AUTOINCREMENT" if self.kind == "autoincrement" else ""))
        for column in self.columns:
            part = column + random.choice(["", " INT", " TEXT", " REAL", " NUMERIC", " BLOB"])
            if column == "a" and self.kind in ("text", "without"):
                part += " PRIMARY KEY"
            elif random.random() < 0.25:
                part += " UNIQUE" + random.choice(["", "", " ON CONFLICT REPLACE", " ON CONFLICT IGNORE", " ON CONFLICT FAIL"])
            if random.random() < 0.15:
                part += " NOT NULL" + random.choice(["", " ON CONFLICT IGNORE", " ON CONFLICT FAIL"]) + " DEFAULT 3"
            if random.random() < 0.15:
                part += " CHECK(%s IS NOT 4)" % column
            if random.random() < 0.15:
                part += " COLLATE NOCASE"
            parts.append(part)
        if self.kind == "composite":
            parts.append("PRIMARY KEY(a,b)")
        end = " WITHOUT ROWID" if self.kind in ("without", "composite") else ""
        self.body = "(%s)%s" % (", ".join(parts), end)
        self.key = "id" if self.kind in ("key", "autoincrement") else None
        self.is_altered = False

    @property
    def sql(self):
        return "CREATE TABLE %s%s" % (quoted(self.name), self.body)

    def twin(self, name):
        """A table of another name as this one was made."""
        other = copy.copy(self)
        other.name, other.columns = name, list(self.columns)
        return other


class Statements:
    """A generator with memory: it knows the tables, indexes and triggers that its statements made."""

    def __init__(self, random, hard, strange=False, newer=False):
        """strange: makes objects that msc cannot write, and, where the writer's SQLite is newer than its own, some that it cannot read."""
        self.random, self.hard, self.is_strange, self.newer = random, hard, strange, newer
        self.tables, self.indexes, self.triggers, self.made = [], [], [], 0
        # Objects that msc cannot write or read, with their tables.
        self.strangers = []
        # Names that tables had, and statements that come next, each with what is to be remembered.
        self.freed, self.queue = [], []
        # Unique indexes that no drain has seen, and tables of which one went again before a drain did.
        self.fresh, self.displaced = set(), []

    def name(self, kind):
        self.made += 1
        return "%s%d" % (kind, self.made)

    def value(self):
        return self.random.choice(VALUES[:13] if self.random.random() < 0.85 else VALUES)

    def table(self):
        return self.random.choice(self.tables)

    def number(self):
        return self.random.choice(["1", "2", "3", "4", "5", "-2", "0", "NULL", "NULL"])

    def insert(self, inside=False, other=None):
        table = other or self.table()
        columns = self.random.sample(table.columns, self.random.randint(1, len(table.columns)))
        if table.kind == "composite":
            columns = list(dict.fromkeys(["a", "b"] + columns))
        if table.key and self.random.random() < 0.5:
            columns.append(table.key)
        if table.kind == "plain" and not inside and self.random.random() < 0.2:
            columns.append("rowid")
        rows = 1 if inside else self.random.choice([1, 1, 2, 3, 5])
        one = lambda column: self.number() if column in ("id", "rowid") else self.value()
        body = ",".join("(" + ",".join(map(one, columns)) + ")" for _ in range(rows))
        sql = "INSERT%s INTO %s(%s) VALUES %s" % (
            self.random.choice(CONFLICTS[:-1] if inside else CONFLICTS), quoted(table.name), ",".join(columns), body)
        if not inside and self.random.random() < 0.15:
            sql += " ON CONFLICT DO NOTHING" if self.random.random() < 0.5 or not table.key else (
                " ON CONFLICT(id) DO UPDATE SET %s=%s" % (self.random.choice(table.columns), self.value()))
        return sql

    def condition(self, table):
        column = self.random.choice(table.columns + ([table.key] if table.key else []))
        return " WHERE %s %s" % (column, self.random.choice(["=%s", " IS %s", ">%s", "<%s"]) % self.value())

    def update(self, inside=False):
        table = self.table()
        columns = self.random.sample(table.columns, self.random.randint(1, min(2, len(table.columns))))
        settings = ["%s=%s" % (c, self.random.choice([self.value(), self.value(), c + "+1", self.random.choice(table.columns)])) for c in columns]
        if table.key and self.random.random() < 0.2:
            settings.append("id=" + self.random.choice(["1", "2", "3", "id+10", "id"]))
        where = "" if self.random.random() < 0.1 else self.condition(table)
        return "UPDATE%s %s SET %s%s" % (
            self.random.choice(CONFLICTS[:-1] if inside else CONFLICTS), quoted(table.name), ",".join(settings), where)

    def delete(self):
        table = self.table()
        return "DELETE FROM %s%s" % (quoted(table.name), "" if self.random.random() < 0.05 else self.condition(table))

    def change(self, inside=False):
        choice = self.random.random()
        return self.insert(inside) if choice < 0.5 else self.update(inside) if choice < 0.8 else self.delete()

    def trigger(self):
        table, name = self.table(), self.name("x")
        is_temporary = self.hard and self.random.random() < 0.4
        event = self.random.choice(["INSERT", "UPDATE", "DELETE"])
        side = "OLD" if event == "DELETE" else "NEW"
        ways = ["IGNORE", "ABORT,'no'"] + (["FAIL,'no'", "ROLLBACK,'no'"] if self.hard else [])
        others = [t for t in self.tables if t is not table]
        if self.random.random() < 0.5 or not others:
            body = "SELECT RAISE(%s) WHERE %s.%s IS 2" % (self.random.choice(ways), side, self.random.choice(table.columns))
        else:
            body = self.insert(True, self.random.choice(others))
        self.triggers.append(name)
        return "CREATE %sTRIGGER %s %s %s ON %s%s BEGIN %s; END" % (
            "TEMP " if is_temporary else "", name, self.random.choice(["BEFORE", "AFTER"]), event, "main." if is_temporary else "",
            quoted(table.name), body)

    def stranger(self):
        """An object that msc cannot write or read comes or goes."""
        if self.strangers and self.random.random() < 0.4:
            gone = self.random.choice(self.strangers)
            kind, name, table = gone
            if kind == "TABLE" and len(self.tables) == 1:
                return self.insert(), lambda: None
            return "DROP %s %s" % (kind, quoted(name)), lambda: self.forget(table) if kind == "TABLE" else self.strangers.remove(gone)
        name, table = self.name("z"), self.table()
        column = self.random.choice(table.columns)
        ways = ["INDEX own(%s)" % column, "INDEX %s) WHERE (own(%s) IS NOT 2" % (column, column), "TABLE c AS (own(a)) STORED"]
        # Digits in groups: SQLite 3.46.
        ways += ["INDEX %s) WHERE (%s IS NOT 1_000" % (column, column), "TABLE c CHECK(c IS NOT 1_000)"] if self.newer else []
        kind, _, way = self.random.choice(ways).partition(" ")
        if kind == "INDEX":
            return "CREATE INDEX %s ON %s(%s)" % (name, quoted(table.name), way), lambda: self.strangers.append((kind, name, table))
        table = Table(self.random, name)
        table.kind, table.key, table.columns, table.body = "plain", None, ["a", "b"], "(a, b UNIQUE, %s)" % way
        return table.sql, lambda: (self.tables.append(table), self.strangers.append((kind, name, table)))

    def structure(self):
        """A statement that changes the structure, and what is to be remembered when it succeeded."""
        if self.is_strange and self.random.random() < 0.35:
            return self.stranger()
        if self.random.random() < 0.15:
            return self.altered()
        choice, table = self.random.random(), self.table()
        if choice < 0.35:
            name = self.name("i")
            columns = self.random.sample(table.columns, self.random.randint(1, 2))
            where = " WHERE %s IS NOT 2" % columns[0] if self.random.random() < 0.2 else ""
            return ("CREATE UNIQUE INDEX %s ON %s(%s)%s" % (name, quoted(table.name), ",".join(columns), where),
                    lambda: (self.indexes.append((name, table)), self.fresh.add(name)))
        if choice < 0.6 and self.indexes:
            index = self.random.choice(self.indexes)
            return "DROP INDEX %s" % index[0], lambda: self.drop(index)
        if choice < 0.7:
            column = self.name("n")
            default = self.random.choice(["", " DEFAULT 1", " DEFAULT 'x'"])
            return "ALTER TABLE %s ADD COLUMN %s%s" % (quoted(table.name), column, default), lambda: (table.columns.append(column), setattr(table, "is_altered", True))
        if choice < 0.78 and self.triggers:
            trigger = self.random.choice(self.triggers)
            return "DROP TRIGGER %s" % trigger, lambda: self.triggers.remove(trigger)
        if choice < 0.85:
            return self.trigger(), lambda: None
        if choice < 0.92:
            return "DELETE FROM sqlite_sequence" if self.random.random() < 0.5 else "UPDATE sqlite_sequence SET seq=seq+5", lambda: None
        if choice < 0.96 and len(self.tables) > 1:
            return "DROP TABLE %s" % quoted(table.name), lambda: self.forget(table)
        same = [other for other in self.tables if not other.is_altered]
        if same and self.random.random() < 0.3:
            new = self.random.choice(same).twin(self.table_name())
        else:
            new = Table(self.random, self.table_name())
        return new.sql, lambda: self.tables.append(new)

    def table_name(self):
        """A new name, or one that another table had."""
        there = [table.name for table in self.tables]
        freed = [name for name in self.freed if name not in there]
        return self.random.choice(freed) if freed and self.random.random() < 0.5 else self.name("t")

    def renaming(self, table, name):
        def remember(former=table.name):
            self.freed.append(former)
            table.name = name
        return "ALTER TABLE %s RENAME TO %s" % (quoted(table.name), quoted(name)), remember

    def altered(self):
        """A change of a table that is there, as migrations make it: of its name, of a column, or of all by another table."""
        table, other, nothing = self.table(), self.table(), lambda: None
        way = self.random.choice(["name", "name", "column", "drop", "replace", "exchange", "rebuild", "rebuild"])
        free = [column for column in table.columns if column not in ("a", "b")]
        if way == "column" and free:
            column, name = self.random.choice(free), self.name("c")

            def remember():
                table.columns[table.columns.index(column)], table.is_altered = name, True
            return "ALTER TABLE %s RENAME COLUMN %s TO %s" % (quoted(table.name), column, name), remember
        if way == "drop" and free:
            column = self.random.choice(free)

            def remember():
                table.columns.remove(column)
                table.is_altered = True
            return "ALTER TABLE %s DROP COLUMN %s" % (quoted(table.name), column), remember
        if way == "replace" and other is not table:
            name = table.name

            def renamed():
                other.name = name
            self.queue = [("ALTER TABLE %s RENAME TO %s" % (quoted(other.name), quoted(name)), renamed)]
            self.freed.append(other.name)
            return "DROP TABLE %s" % quoted(name), lambda: self.forget(table)
        if way == "exchange" and other is not table:
            first, second, between = table.name, other.name, self.name("t")

            def exchanged():
                table.name, other.name = second, first
            steps = [(first, between), (second, first), (between, second)]
            self.queue = [("ALTER TABLE %s RENAME TO %s" % (quoted(a), quoted(b)), nothing) for a, b in steps] + [("COMMIT", exchanged)]
            return "BEGIN", nothing
        if way == "rebuild" and not table.is_altered:
            new = table.twin(self.name("t"))

            def rebuilt(name=table.name):
                self.forget(table)
                new.name = name
                self.tables.append(new)
            self.queue = [
                (new.sql, nothing), ("INSERT OR REPLACE INTO %s SELECT * FROM %s" % (quoted(new.name), quoted(table.name)), nothing),
                ("DROP TABLE %s" % quoted(table.name), nothing), ("ALTER TABLE %s RENAME TO %s" % (quoted(new.name), quoted(table.name)), nothing),
                ("COMMIT", rebuilt)]
            return "BEGIN", nothing
        return self.renaming(table, self.table_name())

    def failed(self, is_in_transaction):
        """The last statement failed: what should have followed does not."""
        self.queue = [("ROLLBACK", lambda: None)] if self.queue and is_in_transaction else []

    def drop(self, index):
        self.indexes.remove(index)
        if index[0] in self.fresh:
            self.displaced.append(index[1])

    def forget(self, table):
        self.tables.remove(table)
        self.freed.append(table.name)
        self.indexes = [index for index in self.indexes if index[1] is not table]
        self.strangers = [stranger for stranger in self.strangers if stranger[2] is not table]

    def step(self, is_in_transaction):
        """The next statement, and what to remember."""
        if self.queue:
            return self.queue.pop(0)
        choice, nothing = self.random.random(), lambda: None
        if choice < 0.06:
            return ("BEGIN" if not is_in_transaction else self.random.choice(["COMMIT", "COMMIT", "ROLLBACK"])), nothing
        if choice < 0.11:
            return "SAVEPOINT s%d" % self.random.randrange(2), nothing
        if choice < 0.18 and is_in_transaction:
            return self.random.choice(["RELEASE s", "ROLLBACK TO s", "ROLLBACK TO s"]) + str(self.random.randrange(2)), nothing
        if choice < 0.21 and not is_in_transaction:
            return self.structure()
        return self.change(), nothing
