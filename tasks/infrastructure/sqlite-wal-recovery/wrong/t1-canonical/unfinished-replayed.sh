#!/bin/sh
# Applies every page of the log, whether it was committed or not.
mkdir -p /app/recovered
/usr/bin/python3 -I - <<'PYTHON'
import json, sqlite3, struct
database, log = bytearray(open("/app/incident/queue.db", "rb").read()), open("/app/incident/queue.db-wal", "rb").read()
for at in range(32, len(log), 1048):
    number, = struct.unpack(">I", log[at:at + 4])
    database.extend(bytes(max(0, number * 1024 - len(database))))
    database[(number - 1) * 1024:number * 1024] = log[at + 24:at + 1048]
database[18:20] = b"\x01\x01"
open("/app/recovered/queue.db", "wb").write(database)
row = sqlite3.connect("/app/recovered/queue.db").execute("SELECT count(*), max(id), sum(state = 'pending') FROM jobs").fetchone()
json.dump(dict(zip(("jobs", "last_job", "pending"), row)), open("/app/recovered/report.json", "w"))
PYTHON
