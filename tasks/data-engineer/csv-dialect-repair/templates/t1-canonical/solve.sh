#!/bin/sh
set -eu

# What is it, byte by byte: encoding, line ends, delimiter, quoting, footer?
ls -l /app/inbox
head -n 4 /app/inbox/@file@ | od -c | head -n 20
tail -n 2 /app/inbox/@file@
mkdir -p /app/clean

# Read with the dialect found, and stop unless count and sum agree with the footer.
/usr/bin/python3 -I - <<'PYTHON'
import csv, io, json, re
from datetime import datetime
from decimal import Decimal

text = open("/app/inbox/@file@", "rb").read().decode("cp1252")
records = list(csv.reader(io.StringIO(text, newline=""), delimiter="@delimiter@", strict=True))[1:]
footer = records.pop()

def amount(cell):
    return Decimal(cell.replace(".", "").replace(",", "."))

rows = [[order, datetime.strptime(day, "%d.%m.%Y").date().isoformat(), customer, city, f"{amount(value):.2f}", note]
        for @order@ in records]
total = sum(Decimal(row[4]) for row in rows)
assert footer == ["*ENDE*", f"Saetze={len(rows)}", footer[2]]
assert amount(footer[2].removeprefix("Summe=")) == total, (footer, total)

with open("/app/clean/orders.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["order_id", "ordered_on", "customer", "city", "amount", "note"])
    writer.writerows(rows)
with open("/app/clean/summary.json", "w", encoding="utf-8") as out:
    json.dump({"orders": len(rows), "total": f"{total:.2f}"}, out)
PYTHON

head -n 3 /app/clean/orders.csv
cat /app/clean/summary.json
