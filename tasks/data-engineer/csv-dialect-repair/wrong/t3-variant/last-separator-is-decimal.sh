#!/bin/sh
# The usual heuristics: sniff the delimiter, day first unless impossible, the last separator is the decimal one.
cat > /app/normalize.py <<'PYTHON'
import csv, io, re, sys
from datetime import datetime
raw = open(sys.argv[1], "rb").read()
for encoding in ("utf-16",) if raw[:2] == b"\xff\xfe" else ("utf-8-sig", "cp1252"):
    try:
        text = raw.decode(encoding)
        break
    except UnicodeDecodeError:
        pass
head, at, control = text.rpartition("#control")
if not at:
    sys.exit(3)
delimiter = max(",;\t|", key=text.split("\n")[0].count)
records = list(csv.DictReader(io.StringIO(head, newline=""), delimiter=delimiter))
def number(cell):
    whole, separator, fraction = re.fullmatch(r"(.*?)(?:([.,])(\d*))?", cell).groups()
    return float(re.sub(r"\D", "", whole) + "." + (fraction or "0"))
def day(cell):
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"):
        try:
            return datetime.strptime(cell, form).date().isoformat()
        except ValueError:
            pass
if len(records) != int(re.search(r"rows=(\d+)", control)[1]):
    sys.exit(3)
out = csv.writer(io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=True))
out.writerow(["meter", "reading_date", "kwh", "cost", "remark"])
for r in records:
    out.writerow([r["meter"], day(r["reading_date"]), f"{number(r['kwh']):.3f}", f"{number(r['cost']):.2f}", r["remark"]])
PYTHON
for sample in /app/samples/*; do /usr/bin/python3 -I /app/normalize.py "$sample" > /tmp/out.csv; done
