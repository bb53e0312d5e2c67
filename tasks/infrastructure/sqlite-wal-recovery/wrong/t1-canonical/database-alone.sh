#!/bin/sh
# Takes the database for the whole of it.
mkdir -p /app/recovered
name=$(basename /app/incident/*.db)
cp "/app/incident/$name" "/app/recovered/$name"
/usr/bin/python3 -I - <<PYTHON
import json, sqlite3
found = sqlite3.connect("file:/app/recovered/$name?immutable=1", uri=True)
(table,), = found.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
row = found.execute(f"SELECT count(*), max(id), sum(state = 'pending') FROM {table}").fetchone()
json.dump(dict(zip((table, f"last_{table[:-1]}", "pending"), row)), open("/app/recovered/report.json", "w"))
PYTHON
