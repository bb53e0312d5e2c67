#!/bin/sh
set -eu

cd /app
cat docs/release.md CHANGES.md
python3 -B -m unittest discover -s tests 2>&1 | tail -n 20 || true

# What would a release change, step by step?
mkdir -p /tmp/found
cp build/catalogue.json freight/_table.py /tmp/found/
python3 -B tools/compile.py | diff build/catalogue.json - || true
python3 -B tools/emit.py | diff freight/_table.py - || true

# Each correction that was made by hand, in whatever file, unless it was withdrawn or the office has spoken since.
/usr/bin/python3 -I - <<'PYTHON'
import csv, re

ENTRY = re.compile(r"- (\d{4}-\d\d-\d\d) (\w+): (.*)")
standing = {}
for day, who, text in (found.groups() for found in map(ENTRY.match, open("/app/CHANGES.md", encoding="utf-8")) if found):
    if who == "hotfix":
        column, name, value = re.match(r"(rate|minimum|alias) (?:of )?(\w+) is (\S+)", text).groups()
        standing[column, name] = value.rstrip(","), day
    elif who == "withdrawn":
        standing.pop(tuple(re.match(r"(rate|minimum|alias) (?:of )?(\w+)", text).groups()), None)
print(standing)

def rewritten(path, key, columns):
    with open(path, encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    for row in rows:
        for column, name in columns.items():
            value, day = standing.get((name, row[0]), ("", ""))
            if day > row[header.index("since")]:
                row[header.index(column)], row[header.index("since")] = value, day
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])

rewritten("/app/spec/rates.csv", "code", {"rate": "rate", "minimum": "minimum"})
rewritten("/app/spec/aliases.csv", "alias", {"code": "alias"})
PYTHON

python3 -B tools/compile.py > build/catalogue.json
python3 -B tools/emit.py > freight/_table.py
diff /tmp/found/_table.py freight/_table.py || true
python3 -B -m unittest discover -s tests
