#!/bin/sh
set -eu

# Each file is looked at by itself, to its end: a dialect may change on the way.
cat /app/inbox/manifest.json
head -c 160 /app/inbox/@us@.csv | od -c | head -n 12
head -c 160 /app/inbox/@escaped@.txt | od -c | head -n 12
grep -n movement_id /app/inbox/@mixed@.csv
mkdir -p /app/clean

/usr/bin/python3 -I - <<'PYTHON'
import csv, io, json, re
from datetime import datetime
from decimal import Decimal

COLUMNS = ["depot", "movement_id", "moved_on", "sku", "quantity", "unit_price", "comment"]
ESCAPES = {"\\n": "\n", "\\t": "\t", "\\\\": "\\"}

def content(name, encoding):
    return open(f"/app/inbox/{name}", "rb").read().decode(encoding)

def number(cell, group, decimal):
    sign = "-" if cell.endswith("-") else ""
    return Decimal(sign + cell.rstrip("-").replace(group, "").replace(decimal, "."))

def movements(depot, records, order, group, decimal):
    header = next(records)
    for record in records:
        cells = dict(zip(header, record, strict=True))
        yield (depot, cells["movement_id"], datetime.strptime(cells["moved_on"], order).date().isoformat(), cells["sku"],
               int(number(cells["quantity"], group, decimal)), number(cells["unit_price"], group, decimal),
               cells["comment"])

def quoted(text, delimiter):
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)

def escaped(text):
    for line in text.splitlines():
        yield [re.sub(r"\\.", lambda found: ESCAPES[found[0]], cell) for cell in line.split("\t")]

old, new = re.split(r"^(?=sku\|)", content("@mixed@.csv", "cp1252"), flags=re.M)
found = [*movements("@us@", quoted(content("@us@.csv", "utf-8-sig"), ","), "%m/%d/%Y", ",", "."),
         *movements("@escaped@", escaped(content("@escaped@.txt", "utf-16")), "%d/%m/%Y", "\u00a0", ","),
         *movements("@mixed@", quoted(old, ";"), "%d/%m/%Y", ".", ","),
         *movements("@mixed@", quoted(new, "|"), "%Y-%m-%d", "", ".")]
rows = sorted(set(found))
assert len({row[:2] for row in rows}) == len(rows), "a repeated movement differs from the first"

# Nothing is handed over that the senders' own figures contradict.
manifest = json.load(open("/app/inbox/manifest.json"))
for file in manifest["files"]:
    mine = [row for row in rows if row[0] == file["depot"]]
    value = sum(row[4] * row[5] for row in mine)
    assert (len(mine), sum(row[4] for row in mine), f"{value:.2f}") == \
        (file["movements"], file["quantity"], file["value"]), file
    assert all(row[2].startswith(manifest["period"]) for row in mine), file

with open("/app/clean/movements.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(row[:5] + (f"{row[5]:.2f}", row[6]) for row in rows)
summary = {"movements": len(rows), "outbound": sum(row[4] < 0 for row in rows), "repeated": len(found) - len(rows),
           "value": f"{sum(row[4] * row[5] for row in rows):.2f}"}
json.dump(summary, open("/app/clean/summary.json", "w"))
PYTHON

cat /app/clean/summary.json
