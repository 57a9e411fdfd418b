#!/usr/bin/env python3
"""A program that knows nothing of msc: it uses Python's own sqlite3 on the demonstration database.

  demonstration-client.py change DATA   a day's work: changes, additions and deletions in several transactions
  demonstration-client.py damage DATA   the accident: a deletion whose WHERE clause was forgotten half-way
  demonstration-client.py digest DATA   SHA-256 over every row of every table of the application, and of nothing else
"""
import hashlib
import sqlite3
import struct
import sys


def change(db):
    for number in range(1, 41):
        with db:
            db.execute("UPDATE ellipsoid SET description = ? WHERE auth_name = 'EPSG' AND code = "
                       "(SELECT code FROM ellipsoid WHERE auth_name = 'EPSG' ORDER BY code LIMIT 1 OFFSET ?)",
                       (f"checked, pass {number}", number))
            db.execute("INSERT INTO extent (auth_name, code, name, description, south_lat, north_lat, west_lon, east_lon, "
                       "deprecated) VALUES ('SURVEY', ?, ?, 'a plot of the survey', ?, ?, ?, ?, 0)",
                       (str(number), f"Plot {number}", number / 10, number / 10 + 0.05, number / 7, number / 7 + 0.05))
    with db:
        db.execute("DELETE FROM extent WHERE auth_name = 'SURVEY' AND CAST(code AS INTEGER) % 10 = 0")


def damage(db):
    db.execute("PRAGMA foreign_keys = OFF")
    with db:
        gone = db.execute("DELETE FROM scope WHERE auth_name = 'EPSG'").rowcount
        gone += db.execute("DELETE FROM extent WHERE auth_name IN ('SURVEY', 'EPSG')").rowcount
    print(f"{gone} records deleted")


def digest(db):
    db.text_factory = bytes
    sha = hashlib.sha256()
    tables = [row[0].decode() for row in db.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_msc\\_%' ESCAPE '\\' ORDER BY name")]
    for table in tables:
        sha.update(table.encode() + b"\0")
        quoted = '"' + table.replace('"', '""') + '"'
        count = len(list(db.execute(f"PRAGMA table_info({quoted})")))
        order = ", ".join(str(number) for number in range(1, count + 1))
        for row in db.execute(f"SELECT * FROM {quoted} ORDER BY {order}"):
            for value in row:
                if isinstance(value, float):
                    value = struct.pack(">d", value)
                sha.update(type(value).__name__.encode() + (value if isinstance(value, bytes) else repr(value).encode()) + b"\0")
    print(sha.hexdigest())


if __name__ == "__main__":
    action, path = sys.argv[1:]
    database = sqlite3.connect(path)
    {"change": change, "damage": damage, "digest": digest}[action](database)
    database.close()
