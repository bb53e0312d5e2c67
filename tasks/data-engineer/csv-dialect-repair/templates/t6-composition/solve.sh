#!/bin/sh
set -eu

# The log belongs to the database: copy both before anything opens them.
ls -l /app/register /app/inbox
mkdir -p /app/books /tmp/work
cp /app/register/register.db /app/register/register.db-wal /tmp/work/

# Opening the copy replays the log to its last commit; VACUUM INTO makes one file that stands alone.
/usr/bin/python3 -I - <<'PYTHON'
import sqlite3

work = sqlite3.connect("/tmp/work/register.db", isolation_level=None)
assert work.execute("PRAGMA integrity_check").fetchone() == ("ok",)
work.execute("VACUUM INTO '/tmp/work/recovered.db'")
for row in work.execute("SELECT * FROM sent ORDER BY shop"):
    print(*row)
PYTHON

# How do the exports differ, from the first byte to the last line?
for export in /app/inbox/*; do od -c "$export" | head -n 6; done

# Try the dialects that the bytes allow and accept the one reading that agrees with the register.
/usr/bin/python3 -I - <<'PYTHON'
import csv, io, itertools, json, re, sqlite3
from datetime import datetime
from decimal import Decimal, InvalidOperation

HEADINGS = [["Beleg", "Datum", "Netto", "Steuer", "Artikel"], ["receipt", "date", "net", "tax", "item"],
            ["ticket", "jour", "hors taxe", "taxe", "article"]]
DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y")

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

def sales(records, order, group, decimal):
    heading = next((heading for heading in HEADINGS if sorted(heading) == sorted(records[0])), None)
    if heading is None:
        raise ValueError("columns")
    for record in records[1:]:
        cells = dict(zip(records[0], record, strict=True))
        receipt, day, net, tax, item = (cells[name] for name in heading)
        yield [receipt, datetime.strptime(day, order).date().isoformat(), number(net, group, decimal),
               number(tax, group, decimal), item]

def agreed(text, period, count, net, tax):
    """The one reading of the export that the register confirms, or None."""
    for delimiter in ",;\t|":
        try:
            records = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))[2:]
        except csv.Error:
            continue
        for decimal, group, order in itertools.product(".,", ".,'\u00a0", DATES):
            try:
                rows = list(sales(records, order, group, decimal))
            except (ValueError, InvalidOperation):
                continue
            if (decimal != group and len(rows) == count and all(row[1] == period for row in rows)
                    and sum(row[2] for row in rows) == Decimal(net) and sum(row[3] for row in rows) == Decimal(tax)):
                return rows

register = sqlite3.connect("/tmp/work/recovered.db")
table, booked, refused = [], [], []
for file, shop, *figures in register.execute(
        "SELECT file, shop, day, sales, net, tax FROM sent WHERE state = 'final' ORDER BY shop"):
    rows = agreed(decoded(open(f"/app/inbox/{file}", "rb").read()), *figures)
    (refused if rows is None else booked).append(file)
    table += [[shop, *row] for row in rows or []]

with open("/app/books/sales.csv", "w", encoding="utf-8", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["shop", "receipt", "sold_on", "net", "tax", "item"])
    writer.writerows(row[:3] + [f"{row[3]:.2f}", f"{row[4]:.2f}", row[5]] for row in table)
with open("/app/books/summary.json", "w", encoding="utf-8") as out:
    json.dump({"booked": sorted(booked), "refused": sorted(refused), "sales": len(table),
               "net": f"{sum(row[3] for row in table):.2f}"}, out)
PYTHON

head -n 3 /app/books/sales.csv
cat /app/books/summary.json
