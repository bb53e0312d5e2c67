#!/bin/sh
set -eu

# Each log belongs to its database: copy all of them before anything opens them.
ls -l /app/incident
mkdir -p /app/recovered /tmp/work
cp /app/incident/@main@.db /app/incident/@main@.db-wal /app/incident/@branch@.db /app/incident/@branch@.db-wal /tmp/work/

# Opening a copy replays its log to the last commit; VACUUM INTO makes one file that stands alone.
/usr/bin/python3 -I - <<'PYTHON'
import sqlite3

for name in ("@main@", "@branch@"):
    work = sqlite3.connect(f"/tmp/work/{name}.db", isolation_level=None)
    assert work.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    work.execute(f"VACUUM INTO '/tmp/work/{name}-recovered.db'")
    print(name, *work.execute("SELECT count(*), min(made), max(made) FROM changes").fetchone())
PYTHON

# Order by instant, then fold change by change; a delete empties, a set adds only what it names.
/usr/bin/python3 -I - <<'PYTHON'
import json, sqlite3
from datetime import datetime, timezone

merged = sqlite3.connect("/tmp/work/@main@-recovered.db", isolation_level=None)
branch = sqlite3.connect("/tmp/work/@branch@-recovered.db")
lines = [line for store in (merged, branch) for line in store.execute("SELECT change, @key@, made, op, fields FROM changes")]
changes = {line[0]: line for line in lines}
assert len(set(lines)) == len(changes), "a repeated change differs from the first"

def instant(made):
    return datetime.fromisoformat(made.replace("Z", "+00:00")).astimezone(timezone.utc)

rows, seen = {}, set()
for number, name, made, op, fields in sorted(changes.values(), key=lambda line: (instant(line[2]), line[0])):
    seen.add(name)
    if op == "delete":
        rows.pop(name, None)
        continue
    row = rows.setdefault(name, {})
    row.update(json.loads(fields))
    row["changed_at"] = instant(made).strftime("%Y-%m-%dT%H:%M:%SZ")

columns = "@columns@".split(",")
merged.execute("BEGIN")
merged.execute("DELETE FROM changes")
merged.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", changes.values())
merged.execute("DELETE FROM @noun@")
merged.executemany(f"INSERT INTO @noun@ VALUES ({', '.join('?' * len(columns))})",
                   [[name, *(rows[name].get(column) or None for column in columns[1:])] for name in sorted(rows)])
merged.execute("COMMIT")
merged.execute("VACUUM INTO '/app/recovered/@noun@.db'")
with open("/app/recovered/report.json", "w") as report:
    json.dump({"live": len(rows), "deleted": len(seen) - len(rows), "changes": len(changes),
               "both": len(lines) - len(changes)}, report)
PYTHON

ls -l /app/incident /app/recovered
cat /app/recovered/report.json
