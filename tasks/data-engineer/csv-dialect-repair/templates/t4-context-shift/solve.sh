#!/bin/sh
set -eu

# What is it, byte by byte: code page, record length, order of dates, signs, trailer?
cat /app/docs/record.txt
ls -l /app/tape
head -c @length@ /app/tape/@file@ | od -A d -t x1
tail -c @length@ /app/tape/@file@ | dd conv=ascii 2> /tmp/dd.log
mkdir -p /app/books

# Read with the form found, and stop unless count and sums agree with the trailer.
/usr/bin/python3 -I - <<'PYTHON'
import csv, json
from datetime import datetime
from decimal import Decimal

LENGTH, PAGE = @length@, "@page@"
PLACES = {@places@}
EXPONENTS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}

tape = open("/app/tape/@file@", "rb").read()
assert len(tape) % LENGTH == 0
records = [tape[at:at + LENGTH] for at in range(0, len(tape), LENGTH)]
footer = records.pop().decode(PAGE)

def amount(field, currency):
    value = int("".join(str(byte & 15) for byte in field))
    return Decimal(-value if field[-1] >> 4 == 0xD else value).scaleb(-EXPONENTS[currency])

rows = []
for record in records:
    cells = {name: record[first:last].decode(PAGE).rstrip() for name, (first, last) in PLACES.items()}
    cells["day"] = datetime.strptime(cells["day"], "@form@").date().isoformat()
    cells["amount"] = amount(record[slice(*PLACES["amount"])], cells["currency"])
    rows.append(list(cells.values()))
totals = {name: sum(row[5] for row in rows if row[4] == name) for name in EXPONENTS}
stated = {footer[at:at + 3]: Decimal(footer[at + 3:at + 16].strip()) for at in range(14, 14 + 4 * 16, 16)}
assert int(footer[1:8]) == len(rows), footer
assert all(row[1].replace("-", "").startswith(footer[8:14]) for row in rows), footer
assert stated == totals, (stated, totals)

with open("/app/books/settlements.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(PLACES)
    writer.writerows(row[:5] + [f"{row[5]:.{EXPONENTS[row[4]]}f}", row[6]] for row in rows)
with open("/app/books/summary.json", "w", encoding="utf-8") as out:
    json.dump({"entries": len(rows), "refunds": sum(row[5] < 0 for row in rows),
               "totals": {name: f"{total:.{EXPONENTS[name]}f}" for name, total in totals.items()}}, out)
PYTHON

head -n 3 /app/books/settlements.csv
cat /app/books/summary.json
