#!/bin/sh
set -eu

# The log belongs to the database: copy both before anything opens them.
ls -l /app/incident
mkdir -p /app/recovered /tmp/work
cp /app/incident/@name@.db /app/incident/@name@.db-wal /tmp/work/

# Opening the copy replays the log to its last commit; VACUUM INTO makes one file that stands alone.
/usr/bin/python3 -I - <<'PYTHON'
import json, sqlite3

work = sqlite3.connect("/tmp/work/@name@.db", isolation_level=None)
assert work.execute("PRAGMA integrity_check").fetchone() == ("ok",)
work.execute("VACUUM INTO '/app/recovered/@name@.db'")
count, last, pending = work.execute("SELECT count(*), max(id), sum(state = 'pending') FROM @table@").fetchone()
with open("/app/recovered/report.json", "w") as report:
    json.dump({"@table@": count, "last_@item@": last, "pending": pending}, report)
PYTHON

ls -l /app/incident /app/recovered
cat /app/recovered/report.json
