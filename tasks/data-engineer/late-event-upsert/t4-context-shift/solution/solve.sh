#!/bin/sh
set -eu

# Which offsets, operations and repetitions are there?
cat /app/docs/access-log.md
wc -l /app/journal/*
head -n 12 /app/journal/*
mkdir -p /app/directory

# Order by instant, then fold operation by operation; a delete empties, a write adds only what it names.
/usr/bin/python3 -I - <<'PYTHON'
import base64, csv, glob, json, re
from datetime import datetime, timezone

def entries(path):
    text = open(path, encoding="utf-8", newline="\n").read().replace("\n ", "")
    for block in re.split(r"\n\n+", text):
        pairs = []
        for line in block.splitlines():
            name, value = line.split(":", 1)
            value = base64.b64decode(value[1:]).decode() if value.startswith(":") else value.removeprefix(" ")
            pairs.append((name, value))
        entry = dict(pairs)
        if "reqId" in entry:
            mods = [value for name, value in pairs if name == "reqMod"]
            entry["set"] = dict(mod[:-2].partition(":")[::2] if mod.endswith(":-") else mod.split(":= ", 1) for mod in mods)
            yield entry

lines = [entry for path in sorted(glob.glob("/app/journal/*")) for entry in entries(path)]
changes = {line["reqId"]: line for line in lines}

def instant(change):
    return datetime.strptime(change["reqStart"], "%Y%m%d%H%M%S%z").astimezone(timezone.utc)

rows, seen = {}, set()
for change in sorted(changes.values(), key=lambda change: (instant(change), int(change["reqId"]))):
    name = change["reqDN"].split(",")[0].removeprefix("uid=")
    seen.add(name)
    if change["reqType"] == "delete":
        rows.pop(name, None)
        continue
    row = rows.setdefault(name, {})
    row.update(change["set"])
    row["changed_at"] = instant(change).strftime("%Y-%m-%dT%H:%M:%SZ")

columns = "uid,roomNumber,title,mail,description,changed_at".split(",")
with open("/app/directory/people.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(columns)
    for name in sorted(rows):
        writer.writerow([name, *(rows[name].get(column) or "" for column in columns[1:])])
summary = {"entries": len(rows), "removed": len(seen) - len(rows), "operations": len(changes),
           "seen_twice": len(lines) - len(changes)}
json.dump(summary, open("/app/directory/summary.json", "w"))
PYTHON

head -n 4 /app/directory/people.csv
cat /app/directory/summary.json
