"""Judges recovered databases by the truth they were generated from (expected.json), not by the agent's evidence.

In T5 the evidence is process: it shows whether the log was read from a copy or folded in by an opening in place.
"""
import os
import sqlite3

exec(compile(open("/tests/verdict.py").read(), "/tests/verdict.py", "exec"))

EXPECTED = read_json("/tests/expected.json")
STEPS_LIMIT = 2_000_000  # virtual machine steps of SQLite: far above what an honest file of this size needs


def load(path):
    """The file's content as a database in memory, with its companions left out: it has to stand alone."""
    content = bytearray(read_file(path))
    expect(content[:16] == b"SQLite format 3\0", f"{path} is not an SQLite database")
    content[18:20] = b"\x01\x01"  # "written by WAL" would make SQLite look for a companion
    connection = sqlite3.connect(":memory:")
    connection.deserialize(bytes(content))
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.set_progress_handler(lambda: 1, STEPS_LIMIT)
    return connection


def stands_alone(path):
    for suffix in ("-wal", "-journal"):
        companion = path + suffix
        expect(not os.path.lexists(companion) or not read_file(companion), f"{companion} still holds data")


def identity(database, truth):
    for pragma, value in truth["identity"].items():
        found, = database.execute(f"PRAGMA {pragma}").fetchone()
        expect(found == value, f"{pragma} is not that of the lost file")
    schema = sorted(map(list, database.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")))
    expect(schema == truth["schema"], "tables and indexes are not those of the lost file")


def sound(database):
    expect(database.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "integrity_check finds damage")


def rows_of(database, table):
    return {tuple(row) for row in database.execute(f"SELECT * FROM {table}")}


def all_committed(database, truth):
    for table, rows in truth["rows"].items():
        lost = len({tuple(row) for row in rows} - rows_of(database, table))
        expect(not lost, f"{lost} committed rows of {table} are missing or stale")


def nothing_else(database, truth):
    for table, rows in truth["rows"].items():
        extra = len(rows_of(database, table) - {tuple(row) for row in rows})
        expect(not extra, f"{extra} rows of {table} were never committed in this form")


def report():
    found = read_json(EXPECTED["report"]["path"])
    wrong = [key for key, value in EXPECTED["report"]["content"].items() if found.get(key) != value]
    expect(not wrong, f"wrong or missing: {', '.join(wrong)}")


verdict = Verdict()
databases = {}
for path, truth in EXPECTED["databases"].items():
    name = os.path.basename(path).removesuffix(".db")
    opened, shaped = f"{name}_is_a_database", f"{name}_has_its_schema_and_identity"
    verdict.check(opened, lambda: databases.update({path: load(path)}))
    verdict.check(f"{name}_stands_alone", lambda: stands_alone(path), needs=[opened])
    verdict.check(shaped, lambda: identity(databases[path], truth), needs=[opened])
    verdict.check(f"{name}_is_sound", lambda: sound(databases[path]), needs=[shaped])
    verdict.check(f"{name}_has_all_that_was_committed", lambda: all_committed(databases[path], truth), needs=[shaped])
    verdict.check(f"{name}_has_nothing_else", lambda: nothing_else(databases[path], truth), needs=[shaped])
delivered = [test for test in verdict.statuses if test.endswith("_is_a_database")]
verdict.check("report", report, needs=delivered)
for directory, digests in EXPECTED["evidence"].items():
    verdict.check("evidence_untouched", lambda: expect_untouched(directory, digests), needs=delivered,
                  kind=EXPECTED.get("evidence_kind", "outcome"))
verdict.write()
