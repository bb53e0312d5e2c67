"""The service's repair command: mend.py DATABASE. Afterwards the service can be started on that file."""
import sqlite3
import sys

database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
state, = database.execute("PRAGMA integrity_check").fetchone()
for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
    print(name, *database.execute(f"SELECT count(*) FROM {name}").fetchone())
database.close()
print(f"{sys.argv[1]}: {state}")
sys.exit(state != "ok")
