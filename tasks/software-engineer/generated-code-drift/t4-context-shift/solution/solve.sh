#!/bin/sh
set -eu

cd /app
cat docs/board.md round/today.txt

# Before anything is overwritten: what would a fresh board change, and in which of the two is each difference right?
cp board/board.txt /tmp/board-as-found.txt
sh tools/board.sh > /tmp/board-from-register.txt
diff /tmp/board-as-found.txt /tmp/board-from-register.txt || true

# Lines that were put right by hand are right on the board, unless the register is younger: carry them back.
/usr/bin/python3 -I - <<'PYTHON'
import csv, re

corrected = {}
for line in open("/app/board/board.txt", encoding="utf-8"):
    if found := re.fullmatch(r"\s*(\d+)  (.*\S)\s+(\S+)  \* (\d{4}-\d\d-\d\d)\n", line):
        corrected[found[1]] = found.groups()[1:]
print(corrected)
with open("/app/register/lockers.csv", encoding="utf-8", newline="") as file:
    header, *rows = csv.reader(file, delimiter=";")
for row in rows:
    day = corrected.get(row[0], ("", "", ""))[2]
    row[1:] = corrected[row[0]] if day > row[3] else row[1:]
with open("/app/register/lockers.csv", "w", encoding="utf-8", newline="") as file:
    csv.writer(file, delimiter=";", lineterminator="\n").writerows([header, *rows])
PYTHON

sh tools/board.sh > board/board.txt
diff /tmp/board-as-found.txt board/board.txt || true
