#!/bin/sh
set -eu

# How do the reports differ, from the first byte to the last line?
for report in /app/reports/*; do od -c "$report" | head -n 6; done
for report in /app/reports/*; do tail -c 160 "$report" | tr -d '\000' | tail -n 1; done

cat > /app/convert.py <<'PYTHON'
"""Tries the dialects that the bytes allow and accepts the one reading that agrees with the report's last line."""
import csv
import io
import itertools
import re
import sys
from datetime import datetime
from decimal import Decimal, InvalidOperation

COLUMNS = ["receipt", "sold_on", "net", "tax", "item"]
HEADINGS = [["Beleg", "Datum", "Netto", "Steuer", "Artikel"], ["receipt", "date", "net", "tax", "item"],
            ["ticket", "jour", "hors taxe", "taxe", "article"]]
CONTROL = re.compile(r"sum: (\d+) sales (\S+) net (\S+) tax (\S+)\s*\Z")
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


def agreed(text):
    """The one reading of the report that its last line confirms."""
    at = text.rfind("\nsum: ") + 1
    count, period, net, tax = CONTROL.match(text, at).groups()
    for delimiter in ",;\t|":
        try:
            records = list(csv.reader(io.StringIO(text[:at], newline=""), delimiter=delimiter, strict=True))[2:]
        except csv.Error:
            continue
        for decimal, group, order in itertools.product(".,", ".,'\u00a0", DATES):
            try:
                rows = list(sales(records, order, group, decimal))
            except (ValueError, InvalidOperation):
                continue
            if (decimal != group and len(rows) == int(count) and all(row[1].startswith(period) for row in rows)
                    and sum(row[2] for row in rows) == Decimal(net) and sum(row[3] for row in rows) == Decimal(tax)):
                return rows
    raise ValueError("no reading agrees with the last line")


try:
    rows = agreed(decoded(open(sys.argv[1], "rb").read()))
except (AttributeError, ValueError) as error:
    print(f"{sys.argv[1]}: refused: {error}", file=sys.stderr)
    sys.exit(3)
out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
writer = csv.writer(out)
writer.writerow(COLUMNS)
writer.writerows(row[:2] + [f"{row[2]:.2f}", f"{row[3]:.2f}", row[4]] for row in rows)
out.flush()
PYTHON

/usr/bin/python3 /app/compare.py
# A damaged report must be refused.
head -n 9 /app/reports/station-2024-05.txt > /tmp/damaged.txt
/usr/bin/python3 -I /app/convert.py /tmp/damaged.txt || echo "refused with $?"
