#!/bin/sh
set -eu

cd /app
grep -h '^Done' logbook/*.entry
# The claims as a test: it says of a plan whether it is right.
cat > /tmp/right.sh <<'SHELL'
python3 -I /app/tools/route.py /tmp/plan.txt /app/claims/parcels.csv | cut -d ';' -f 1,2 > /tmp/goes
sed 1d /app/claims/parcels.csv | cut -d ';' -f 1,5 | cmp -s - /tmp/goes
SHELL

# Halve the range between a right and a wrong state until they are neighbours.
right=4
wrong=14
while [ $((wrong - right)) -gt 1 ]; do
    middle=$(((right + wrong) / 2))
    python3 -I tools/plan_after.py $middle > /tmp/plan.txt
    if sh /tmp/right.sh; then right=$middle; else wrong=$middle; fi
    echo "right $right wrong $wrong"
done
entry=$(printf %04d $wrong)
cat logbook/$entry.entry
printf '{"entry": "%s"}\n' "$entry" > answer.json

# Take back the slip alone; what else the entry brought stays, and so do the later ones.
/usr/bin/python3 -I - <<'PYTHON'
path = "/app/plan/today.txt"
text = open(path, encoding="utf-8").read()
for wrong, right in [["22338-22463 any any -> BR2\n", "22338-22436 any any -> BR2\n"]]:
    assert text.count(wrong) == 1, wrong
    text = text.replace(wrong, right)
open(path, "w", encoding="utf-8").write(text)
PYTHON

cp plan/today.txt /tmp/plan.txt
sh /tmp/right.sh
