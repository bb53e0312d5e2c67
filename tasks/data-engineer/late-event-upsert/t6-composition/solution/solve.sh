#!/bin/sh
set -eu

# How do the exports differ, from the first byte to the last line? Which clocks and repetitions are there?
cat /app/docs/exports.md
for export in /app/exports/*; do od -c "$export" | head -n 6; done
for export in /app/exports/*; do tail -c 160 "$export" | tr -d '\000' | tail -n 1; done
mkdir -p /app/out

# Try the dialects that the bytes allow and accept the one reading that agrees with the control line; then bring all to one clock.
/usr/bin/python3 -I - <<'PYTHON'
import csv, glob, io, itertools, json, os, re
from datetime import datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

OFFSETS = {"antwerp": -480, "gdansk": 540, "recife": 0}
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y")
CONTROL = re.compile(r"#control changes=(\d+) days=(\S+)\.\.(\S+) load=(\S+)\s*\Z")

def decoded(content):
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252")

def number(cell, group, decimal):
    whole, _, fraction = cell.partition(decimal)
    if group in whole and not re.fullmatch(rf"-?\d{{1,3}}({re.escape(group)}\d{{3}})+", whole):
        raise ValueError(cell)
    return Decimal(f"{whole.replace(group, '')}.{fraction or 0}")

def readings(records, order, group, decimal):
    for record in records[1:]:
        cells = dict(zip(records[0], record, strict=True))
        cells["made"] = datetime.strptime(cells["made"], f"{order} %H:%M:%S")
        if cells["load"] not in ("", "="):
            cells["load"] = number(cells["load"], group, decimal)
        yield cells

def agreed(text):
    """The one reading of the export that its control line confirms."""
    at = text.rfind("\n#control") + 1
    count, first, last, load = CONTROL.match(text, at).groups()
    for delimiter in ",;\t|":
        try:
            records = list(csv.reader(io.StringIO(text[:at], newline=""), delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        if "made" not in records[0]:
            continue
        for decimal, group, order in itertools.product(".,", ".,'\u00a0", DATES):
            try:
                rows = list(readings(records, order, group, decimal))
            except (ValueError, InvalidOperation):
                continue
            days = sorted(row["made"].date().isoformat() for row in rows)
            total = sum(row["load"] for row in rows if isinstance(row["load"], Decimal))
            if decimal != group and len(rows) == int(count) and (days[0], days[-1], total) == (first, last, Decimal(load)):
                return rows
    raise ValueError("no reading agrees with the control line")

lines = []
for path in sorted(glob.glob("/app/exports/*")):
    offset = timedelta(minutes=OFFSETS[os.path.basename(path).removesuffix(".txt")])
    for line in agreed(decoded(open(path, "rb").read())):
        line["at"] = (line["made"] - offset).replace(tzinfo=timezone.utc)
        lines.append(line)
changes = {line["change"]: line for line in lines}
assert all(changes[line["change"]]["at"] == line["at"] for line in lines), "a repeated change differs from the first"

# Order by instant, then fold change by change; a delete empties, a set adds only what it names.
columns = "wagon,note,place,load,changed_at".split(",")
rows, seen = {}, set()
for change in sorted(changes.values(), key=lambda change: (change["at"], int(change["change"]))):
    name = change["wagon"]
    seen.add(name)
    if change["op"] == "delete":
        rows.pop(name, None)
        continue
    row = rows.setdefault(name, {})
    row.update({column: change[column] for column in columns[1:-1] if change[column] != "="})
    row["changed_at"] = change["at"].strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(row.get("load"), Decimal):
        row["load"] = f"{row['load']:.3f}"

with open("/app/out/wagons.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(columns)
    for name in sorted(rows):
        writer.writerow([name, *(rows[name].get(column) or "" for column in columns[1:])])
summary = {"live": len(rows), "deleted": len(seen) - len(rows), "changes": len(changes),
           "repeated": len(lines) - len(changes)}
json.dump(summary, open("/app/out/summary.json", "w"))
PYTHON

head -n 4 /app/out/wagons.csv
cat /app/out/summary.json
