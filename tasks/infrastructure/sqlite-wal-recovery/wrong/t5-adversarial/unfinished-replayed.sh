#!/bin/sh
# Applies every page of this log's frames, whether it was committed or not.
sh /solution/solve.sh
/usr/bin/python3 -I - <<'PYTHON'
import glob, os, sqlite3, struct
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
PYTHON
