#!/bin/sh
# Copies the rows into a new table and forgets the rest of the schema.
sh /solution/solve.sh
/usr/bin/python3 -I - <<'PYTHON'
import glob, sqlite3
database = sqlite3.connect(glob.glob("/app/recovered/*.db")[0])
(index,), = database.execute("SELECT name FROM sqlite_schema WHERE type = 'index'").fetchall()
database.execute(f"DROP INDEX {index}")
PYTHON
