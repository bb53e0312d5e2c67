#!/bin/sh
set -eu

# Which offsets, operations and repetitions are there?
cat /app/docs/feed.md
wc -l /app/feed/*
head -n 3 /app/feed/*
mkdir -p /app/out

# Order by instant, then fold change by change; a delete empties, a set adds only what it names.
/usr/bin/python3 -I - <<'PYTHON'
import csv, glob, json
from datetime import datetime, timezone

lines = [json.loads(line) for path in sorted(glob.glob("/app/feed/*")) for line in open(path, encoding="utf-8")]
changes = {line["change"]: line for line in lines}

def instant(change):
    return datetime.fromisoformat(change["at"].replace("Z", "+00:00")).astimezone(timezone.utc)

rows, seen = {}, set()
for change in sorted(changes.values(), key=lambda change: (instant(change), change["change"])):
    name = change["@key@"]
    seen.add(name)
    if change["op"] == "delete":
        rows.pop(name, None)
        continue
    row = rows.setdefault(name, {})
    row.update(change["set"])
    row["changed_at"] = instant(change).strftime("%Y-%m-%dT%H:%M:%SZ")

columns = "@columns@".split(",")
with open("/app/out/@noun@.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(columns)
    for name in sorted(rows):
        writer.writerow([name, *(rows[name].get(column) or "" for column in columns[1:])])
summary = {"live": len(rows), "deleted": len(seen) - len(rows), "changes": len(changes),
           "repeated": len(lines) - len(changes)}
json.dump(summary, open("/app/out/summary.json", "w"))
PYTHON

head -n 4 /app/out/@noun@.csv
cat /app/out/summary.json
