#!/bin/sh
# Writes a plausible header over the tag and takes the database for the whole of it.
mkdir -p /app/recovered
/usr/bin/python3 -I - <<'PYTHON'
import json, sqlite3, struct
database = bytearray(open("/app/evidence/registry.db", "rb").read())
database[:24] = b"SQLite format 3\0" + struct.pack(">H6B", 512, 1, 1, 0, 64, 32, 32)
database[24:32] = struct.pack(">2I", 1, len(database) // 512)
database[92:96] = struct.pack(">I", 1)
open("/app/recovered/registry.db", "wb").write(database)
row = sqlite3.connect("/app/recovered/registry.db").execute("SELECT count(*), max(name), max(epoch) FROM devices").fetchone()
json.dump(dict(zip(("devices", "newest", "highest_epoch"), row)), open("/app/recovered/report.json", "w"))
PYTHON
