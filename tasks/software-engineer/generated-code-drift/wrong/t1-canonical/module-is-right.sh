#!/bin/sh
# Where list and module differ takes the module's side, the office's changes included.
cd /app
/usr/bin/python3 -I - <<'PYTHON'
import csv, glob
table = {}
exec(open(glob.glob("/app/*/_table.py")[0]).read())
with open("/app/spec/rates.csv", newline="") as file:
    header, *rows = csv.reader(file)
rows = [[row[0], *TABLE.get(row[0], row[1:3]), row[3]] for row in rows]
with open("/app/spec/rates.csv", "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows([header, *rows])
PYTHON
python3 -B tools/generate.py > /tmp/table.py
cp /tmp/table.py "$(echo */_table.py)"
