#!/bin/sh
# Applies the unfinished transaction as well: its pages are there.
sh /solution/solve.sh
/usr/bin/python3 -I - <<'PYTHON'
import glob, json, os, sqlite3, struct
source, = glob.glob("/app/incident/*.db")
target = f"/app/recovered/{os.path.basename(source)}"
database, log = bytearray(open(source, "rb").read()), open(f"{source}-wal", "rb").read()
size, = struct.unpack(">I", log[8:12])
for at in range(32, len(log), 24 + size):
    if log[at + 8:at + 16] != log[16:24]:
        break
    number, = struct.unpack(">I", log[at:at + 4])
    database.extend(bytes(max(0, number * size - len(database))))
    database[(number - 1) * size:number * size] = log[at + 24:at + 24 + size]
database[18:20] = b"\x01\x01"
open(target, "wb").write(database)
found = sqlite3.connect(target)
(table,), = found.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
row = found.execute(f"SELECT count(*), max(id), sum(state = 'open') FROM {table}").fetchone()
json.dump(dict(zip((table, f"last_{table[:-1]}", "open"), row)), open("/app/recovered/report.json", "w"))
PYTHON
