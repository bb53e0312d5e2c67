#!/bin/sh
set -eu

# The log belongs to the database: copy both before anything opens them.
ls -l /app/incident
mkdir -p /app/recovered /tmp/work
cp /app/incident/dispatch.db /app/incident/dispatch.db-wal /tmp/work/

# Opening the copy replays the log to its last commit; VACUUM INTO makes one file that stands alone.
/usr/bin/python3 -I - <<'PYTHON'
import json, sqlite3

work = sqlite3.connect("/tmp/work/dispatch.db", isolation_level=None)
assert work.execute("PRAGMA integrity_check").fetchone() == ("ok",)
work.execute("VACUUM INTO '/app/recovered/dispatch.db'")
count, last, pending = work.execute("SELECT count(*), max(id), sum(state = 'pending') FROM calls").fetchone()
with open("/app/recovered/report.json", "w") as report:
    json.dump({"calls": count, "last_call": last, "pending": pending}, report)
PYTHON

ls -l /app/incident /app/recovered
cat /app/recovered/report.json
