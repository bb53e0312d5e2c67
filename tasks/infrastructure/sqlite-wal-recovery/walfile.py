"""Write-ahead logs made by hand, so that salts and leftovers are ours to choose (SQLite's file format, section 4)."""
import os
import sqlite3
import struct
import tempfile

MAGIC, VERSION = 0x377F0682, 3007000


def history(page_size, identity, transactions):
    """The database file after each transaction (a list of statements), beginning with the first."""
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "made.db")
        database = sqlite3.connect(path, isolation_level=None)
        database.execute(f"PRAGMA page_size = {page_size}")
        for pragma, value in identity.items():
            database.execute(f"PRAGMA {pragma} = {value}")
        states = []
        for statements in transactions:
            database.execute("BEGIN")
            for statement, values in statements:
                database.execute(statement, values)
            database.execute("COMMIT")
            with open(path, "rb") as file:
                states.append(as_wal_mode(file.read()))
        database.close()
        return states


def as_wal_mode(content):
    """Marked as written by WAL; the writer's version number is pinned so that every SQLite makes the same bytes."""
    content = bytearray(content)
    content[18:20] = b"\x02\x02"
    content[96:100] = struct.pack(">I", 3040001)
    return bytes(content)


def rows_of(content, tables):
    database = in_memory(content)
    return {table: [list(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY 1")] for table in tables}


def schema_of(content):
    found = in_memory(content).execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return sorted(map(list, found))


def in_memory(content):
    database = sqlite3.connect(":memory:")
    database.deserialize(content[:18] + b"\x01\x01" + content[20:])
    return database


def checksum(content, seed):
    first, second = seed
    words = struct.unpack(f"<{len(content) // 4}I", content)
    for at in range(0, len(words), 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second


def changed_pages(page_size, before, after):
    for at in range(0, len(after), page_size):
        if after[at:at + page_size] != before[at:at + page_size]:
            yield at // page_size + 1, after[at:at + page_size]


def write_ahead_log(page_size, sequence, salts, states, unfinished=None):
    """A log that leads from the first state to the last, one commit each; `unfinished` begins a transaction more."""
    header = struct.pack(">6I", MAGIC, VERSION, page_size, sequence, *salts)
    seed = checksum(header, (0, 0))
    parts = [header, struct.pack(">2I", *seed)]

    def frame(number, pages_after, page):
        nonlocal seed
        head = struct.pack(">2I", number, pages_after)
        seed = checksum(page, checksum(head, seed))
        parts.append(head + struct.pack(">4I", *salts, *seed) + page)

    for before, after in zip(states, states[1:]):
        pages = list(changed_pages(page_size, before, after))
        for at, (number, page) in enumerate(pages):
            frame(number, len(after) // page_size if at == len(pages) - 1 else 0, page)
    if unfinished:
        for number, page in list(changed_pages(page_size, states[-1], unfinished)):
            frame(number, 0, page)
    return b"".join(parts)


def reused(new, old):
    """A log that was begun anew over a longer, older one: the old one's last frames still follow."""
    assert len(old) > len(new)
    return new + old[len(new):]


def opened_by_sqlite(content, log, tables):
    """What SQLite itself makes of the pair."""
    with tempfile.TemporaryDirectory() as place:
        path = os.path.join(place, "pair.db")
        for suffix, part in (("", content), ("-wal", log)):
            with open(path + suffix, "wb") as file:
                file.write(part)
        database = sqlite3.connect(path)
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = {table: [list(row) for row in database.execute(f"SELECT * FROM {table} ORDER BY 1")] for table in tables}
        database.close()
        return rows
