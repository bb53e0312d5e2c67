#!/bin/sh
set -eu

cat /app/docs/sources.md
head -n 4 /app/state/snapshot.csv /app/feed/*
# The office's clock: where does it run backwards?
tail -n +2 /app/feed/office.csv | cut -d, -f2 | sort -c || true
mkdir -p /app/out

# First bring every source to one form with one clock, then order by instant and fold onto the snapshot.
/usr/bin/python3 -I - <<'PYTHON'
import csv, json
from datetime import datetime, timedelta, timezone

UTC = timezone.utc
AS_OF = datetime.fromisoformat("2024-11-02T13:00:00Z".replace("Z", "+00:00"))
SWITCH = datetime.fromisoformat("2024-11-03T09:00:00Z".replace("Z", "+00:00"))
BEFORE, AFTER = timedelta(minutes=-420), timedelta(minutes=-480)
COLUMNS = "shipment,note,status,place,changed_at".split(",")
FIELDS = COLUMNS[1:-1]

def records(name):
    with open(name, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, strict=True)

changes = {}  # by identity: instant, name, fields or None for a delete
for line in open("/app/feed/portal.jsonl", encoding="utf-8"):
    line = json.loads(line)
    at = datetime.fromisoformat(line["at"].replace("Z", "+00:00")).astimezone(UTC)
    changes[line["change"]] = at, line["shipment"], line["set"] if line["op"] == "set" else None

for line in records("/app/feed/scanner.csv"):
    at = datetime.fromtimestamp(int(line["made"]) / 1000, UTC)
    at, name, fields = changes.setdefault(line["change"], (at, line["shipment"], {} if line["op"] == "set" else None))
    if fields is not None:
        fields[line["field"]] = line["value"]

earlier = None
for line in records("/app/feed/office.csv"):
    wall = datetime.fromisoformat(line["made"]).replace(tzinfo=UTC)
    at = wall - BEFORE
    if at >= SWITCH or (earlier and at < earlier):
        at = wall - AFTER
    assert earlier is None or at > earlier, line
    earlier = at
    fields = {field: line[field] for field in FIELDS if line[field] != "="}
    changes[line["change"]] = at, line["shipment"], fields if line["op"] == "set" else None

rows = {row["shipment"]: row for row in records("/app/state/snapshot.csv")}
seen = set(rows) | {name for _, name, _ in changes.values()}
fresh = sorted((change for change in changes.values() if change[0] > AS_OF), key=lambda change: change[0])
for at, name, fields in fresh:
    if fields is None:
        rows.pop(name, None)
    else:
        rows.setdefault(name, {"shipment": name}).update(fields, changed_at=at.strftime("%Y-%m-%dT%H:%M:%SZ"))

with open("/app/out/shipments.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for name in sorted(rows):
        writer.writerow([rows[name].get(column) or "" for column in COLUMNS])
summary = {"live": len(rows), "deleted": len(seen - set(rows)), "applied": len(fresh),
           "contained": len(changes) - len(fresh)}
json.dump(summary, open("/app/out/summary.json", "w"))
PYTHON

head -n 4 /app/out/shipments.csv
cat /app/out/summary.json
