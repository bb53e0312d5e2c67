#!/bin/sh
set -eu

# How do the samples differ, from the first byte to the last line?
for sample in /app/samples/*; do od -c "$sample" | head -n 3; done
for sample in /app/samples/*; do tail -c 160 "$sample" | tr -d '\000' | tail -n 1; done

cat > /app/normalize.py <<'PYTHON'
"""Tries the dialects that the bytes allow and accepts the one reading that agrees with the control line."""
import csv
import io
import itertools
import re
import sys
from datetime import datetime
from decimal import Decimal, InvalidOperation

COLUMNS = ["meter", "reading_date", "kwh", "cost", "remark"]
CONTROL = re.compile(r"#control rows=(\d+) period=(\S+) kwh=(\S+) cost=(\S+)\s*\Z")
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


def readings(records, order, group, decimal):
    header = records[0]
    if sorted(header) != sorted(COLUMNS):
        raise ValueError("columns")
    for record in records[1:]:
        cells = dict(zip(header, record, strict=True))
        yield [cells["meter"], datetime.strptime(cells["reading_date"], order).date().isoformat(),
               number(cells["kwh"], group, decimal), number(cells["cost"], group, decimal), cells["remark"]]


def agreed(text):
    """The one reading of the export that its control line confirms."""
    at = max(text.rfind("\n#control"), 0) + 1
    count, period, kwh, cost = CONTROL.match(text, at).groups()
    for delimiter in ",;\t|":
        try:
            records = list(csv.reader(io.StringIO(text[:at], newline=""), delimiter=delimiter, strict=True))
        except csv.Error:
            continue
        for decimal, group, order in itertools.product(".,", ".,'\u00a0", DATES):
            try:
                rows = list(readings(records, order, group, decimal))
            except (ValueError, InvalidOperation):
                continue
            if (decimal != group and len(rows) == int(count) and all(row[1].startswith(period) for row in rows)
                    and sum(row[2] for row in rows) == Decimal(kwh) and sum(row[3] for row in rows) == Decimal(cost)):
                return rows
    raise ValueError("no reading agrees with the control line")


try:
    rows = agreed(decoded(open(sys.argv[1], "rb").read()))
except (AttributeError, ValueError) as error:
    print(f"{sys.argv[1]}: refused: {error}", file=sys.stderr)
    sys.exit(3)
out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
writer = csv.writer(out)
writer.writerow(COLUMNS)
writer.writerows(row[:2] + [f"{row[2]:.3f}", f"{row[3]:.2f}", row[4]] for row in rows)
out.flush()
PYTHON

for sample in /app/samples/*; do /usr/bin/python3 -I /app/normalize.py "$sample" | wc -l; done
/usr/bin/python3 /app/compare.py
# A damaged export must be refused.
head -n 9 /app/samples/@damaged@ > /tmp/damaged.csv
/usr/bin/python3 -I /app/normalize.py /tmp/damaged.csv || echo "refused with $?"
