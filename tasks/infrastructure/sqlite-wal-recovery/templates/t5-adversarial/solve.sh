#!/bin/sh
set -eu

# The log belongs to the database: copy both before anything opens them.
ls -l /app/incident
od -A d -t x1 -N 64 /app/incident/@name@.db-wal
mkdir -p /app/recovered /tmp/work
cp /app/incident/@name@.db /app/incident/@name@.db-wal /tmp/work/

# What the log holds: frames of the header's salts whose checksums chain, and the commits among them.
/usr/bin/python3 -I - <<'PYTHON'
import glob, hashlib, json, os, struct

log = open("/tmp/work/@name@.db-wal", "rb").read()

def checksum(content, first, second):
    words = struct.unpack(f"<{len(content) // 4}I", content)
    for at in range(0, len(words), 2):
        first = (first + words[at] + second) & 0xFFFFFFFF
        second = (second + words[at + 1] + first) & 0xFFFFFFFF
    return first, second

size, = struct.unpack(">I", log[8:12])
salts, seed = log[16:24], struct.unpack(">2I", log[24:32])
assert checksum(log[:24], 0, 0) == seed

commits, frames = [], 0
for at in range(32, len(log), 24 + size):
    head, page = log[at:at + 24], log[at + 24:at + 24 + size]
    number, pages_after = struct.unpack(">2I", head[:8])
    stated = struct.unpack(">2I", head[16:])
    if head[8:16] != salts or checksum(page, *checksum(head[:8], *seed)) != stated:
        break
    seed = stated
    frames += 1
    if pages_after:
        commits.append({"frame": frames, "pages": pages_after})

files = {os.path.basename(path): hashlib.sha256(open(path, "rb").read()).hexdigest()
         for path in sorted(glob.glob("/app/incident/*"))}
with open("/app/recovered/log.json", "w") as record:
    json.dump({"files": files, "commits": commits, "unfinished": frames - commits[-1]["frame"],
               "outlived": (len(log) - 32) // (24 + size) - frames}, record)
PYTHON

# Opening the copy replays the log to its last commit; VACUUM INTO makes one file that stands alone.
/usr/bin/python3 -I - <<'PYTHON'
import json, sqlite3

work = sqlite3.connect("/tmp/work/@name@.db", isolation_level=None)
assert work.execute("PRAGMA integrity_check").fetchone() == ("ok",)
work.execute("VACUUM INTO '/app/recovered/@name@.db'")
count, last, still_open = work.execute("SELECT count(*), max(id), sum(state = 'open') FROM @table@").fetchone()
with open("/app/recovered/report.json", "w") as report:
    json.dump({"@table@": count, "last_@item@": last, "open": still_open}, report)
PYTHON

ls -l /app/incident /app/recovered
cat /app/recovered/report.json /app/recovered/log.json
