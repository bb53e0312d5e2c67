#!/bin/sh
# Writes a plausible header over the tag and takes the database for the whole of it.
mkdir -p /app/recovered
/usr/bin/python3 -I - <<'PYTHON'
import glob, json, os, sqlite3, struct
source, = glob.glob("/app/evidence/*.db")
target = f"/app/recovered/{os.path.basename(source)}"
log = open(f"{source}-wal", "rb").read()
size = next(size for size in (512, 1024, 2048, 4096) if log[64 + size:72 + size] == log[40:48])
database = bytearray(open(source, "rb").read())
database[:24] = b"SQLite format 3\0" + struct.pack(">H6B", size, 1, 1, 0, 64, 32, 32)
database[24:32] = struct.pack(">2I", 1, len(database) // size)
database[92:96] = struct.pack(">I", 1)
open(target, "wb").write(database)
row = sqlite3.connect(target).execute("SELECT count(*), max(name), max(epoch) FROM devices").fetchone()
json.dump(dict(zip(("devices", "newest", "highest_epoch"), row)), open("/app/recovered/report.json", "w"))
PYTHON
