#!/bin/sh
# Takes the database for the whole of it.
mkdir -p /app/recovered
cp /app/incident/queue.db /app/recovered/queue.db
/usr/bin/python3 -I - <<PYTHON
import json, sqlite3
row = sqlite3.connect("file:/app/recovered/queue.db?immutable=1", uri=True).execute(
    "SELECT count(*), max(id), sum(state = 'pending') FROM jobs").fetchone()
json.dump(dict(zip(("jobs", "last_job", "pending"), row)), open("/app/recovered/report.json", "w"))
PYTHON
