"""One SQLite client, whatever its driver: the standard library's, pysqlite3 or apsw."""


class Refused(Exception):
    """SQLite said no."""


class Client:
    def __init__(self, path, driver="sqlite3"):
        self.driver = driver
        if driver == "apsw":
            import apsw
            self.connection, self.error = apsw.Connection(path), apsw.Error
            # Older ones have another name for it.
            self.version = (apsw.sqlite_lib_version if hasattr(apsw, "sqlite_lib_version") else apsw.sqlitelibversion)()
        else:
            sqlite = __import__(driver, fromlist=["dbapi2"]) if driver == "pysqlite3" else __import__("sqlite3")
            self.connection = sqlite.connect(path, isolation_level=None, timeout=0)
            self.connection.text_factory = bytes
            self.error, self.version = sqlite.Error, sqlite.sqlite_version
        # A function that only the application has: msc cannot write where it stands in an index.
        if driver == "apsw":
            make = getattr(self.connection, "create_scalar_function", None) or self.connection.createscalarfunction
            make("own", lambda value: value, 1, deterministic=True)
        else:
            self.connection.create_function("own", 1, lambda value: value, deterministic=True)

    def run(self, sql):
        """The rows of a statement. Raises Refused."""
        try:
            return [tuple(row) for row in self.connection.cursor().execute(sql)]
        except self.error as error:
            raise Refused(str(error).rpartition("Error: ")[2]) from None

    def attempt(self, sql):
        """What an application sees: rows or an error, and the counts that SQLite keeps."""
        try:
            return "rows", sorted(map(repr, self.run(sql)))
        except Refused as error:
            return "error", str(error)

    @property
    def is_in_transaction(self):
        if self.driver == "apsw":
            return not self.connection.getautocommit() if hasattr(self.connection, "getautocommit") else self.connection.in_transaction
        return self.connection.in_transaction

    def close(self):
        self.connection.close()


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def content(client):
    """Structure, rows and counters, exact to type and bytes, by kind, name and table; ours left out."""
    found = {}
    for kind, name, table, sql in client.run("SELECT type,name,tbl_name,sql FROM main.sqlite_master"):
        kind, name, table, sql = map(text, (kind, name, table, sql))
        if table.startswith("_msc") or name.startswith("_msc"):
            continue
        if kind != "table":
            found[kind, name, table] = sql
            continue
        if name.startswith("sqlite_") and name != "sqlite_sequence":
            continue
        columns = [text(row[1]) for row in client.run("PRAGMA table_xinfo(%s)" % quoted(name))]
        values = ",".join("typeof({0}),quote({0})".format(quoted(column)) for column in columns)
        key = "" if "WITHOUT ROWID" in (sql or "").upper() or name == "sqlite_sequence" else "rowid,"
        rows = client.run("SELECT %s%s FROM %s" % (key, values, quoted(name)))
        found[kind, name, name] = None if name == "sqlite_sequence" else sql
        found["rows", name, name] = sorted(map(repr, rows))
    return found


def difference(one, other):
    """The first difference of two contents in words; empty when there is none."""
    for key in sorted(set(one) | set(other), key=repr):
        a, b = one.get(key), other.get(key)
        if a == b:
            continue
        if isinstance(a, list) and isinstance(b, list):
            return "%s: only one %s; only other %s" % (key, [r for r in a if r not in b][:3], [r for r in b if r not in a][:3])
        return "%s: %r / %r" % (key, a, b)
    return ""
