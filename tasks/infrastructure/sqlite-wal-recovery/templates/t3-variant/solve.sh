#!/bin/sh
set -eu

# Neither file can be opened; the frames of the log are whole, and each says page, commit, salts and checksum.
od -A d -c -N 64 /app/evidence/@name@.db
od -A d -t x1 -N 64 /app/evidence/@name@.db-wal
mkdir -p /app/recovered

# Replay by hand: frames of the first frame's salts whose checksums chain, up to the last commit among them.
/usr/bin/python3 -I - <<'PYTHON'
import json, sqlite3, struct

database = bytearray(open("/app/evidence/@name@.db", "rb").read())
log = open("/app/evidence/@name@.db-wal", "rb").read()

def checksum(content, first, second):
    words = struct.unpack(f"<{len(content) // 4}I", content)
    for at in range(0, len(words), 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second

# The page size is the one at which the second frame repeats the first one's salts.
salts = log[40:48]
size = next(size for size in (512 << power for power in range(8)) if log[32 + 24 + size + 8:][:8] == salts)

pages, committed, seed = {}, None, None
for at in range(32, len(log), 24 + size):
    head, page = log[at:at + 24], log[at + 24:at + 24 + size]
    number, pages_after = struct.unpack(">2I", head[:8])
    stated = struct.unpack(">2I", head[16:])
    # The first frame's seed was in the lost header; from the second on the chain can be followed.
    if head[8:16] != salts or (seed and checksum(page, *checksum(head[:8], *seed)) != stated):
        break
    seed = stated
    pages[number] = page
    if pages_after:
        committed = dict(pages), pages_after

pages, count = committed
database.extend(bytes(max(0, count * size - len(database))))
for number, page in pages.items():
    database[(number - 1) * size:number * size] = page
del database[count * size:]
database[18:20] = b"\x01\x01"
with open("/app/recovered/@name@.db", "wb") as out:
    out.write(database)

check = sqlite3.connect("/app/recovered/@name@.db")
assert check.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
devices, newest, epoch = check.execute("SELECT count(*), max(name), max(epoch) FROM devices").fetchone()
with open("/app/recovered/report.json", "w") as report:
    json.dump({"devices": devices, "newest": newest, "highest_epoch": epoch}, report)
PYTHON

ls -l /app/recovered
cat /app/recovered/report.json
