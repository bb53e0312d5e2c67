#!/bin/sh
set -eu

cd /app
grep -h '^Subject' history/*.patch
# The complaint as a test: it says of a program whether it is right.
cat > /tmp/right.sh <<'SHELL'
set --
while IFS= read -r option; do set -- "$@" "$option"; done < /app/complaint/options
python3 -I /tmp/program.py "$@" /app/complaint/input.csv | cmp -s - /app/complaint/expected.txt
SHELL

# Halve the range between a right and a wrong state until they are neighbours.
right=@good_number@
wrong=@last_number@
while [ $((wrong - right)) -gt 1 ]; do
    middle=$(((right + wrong) / 2))
    python3 -I tools/checkout.py $middle > /tmp/program.py
    if sh /tmp/right.sh; then right=$middle; else wrong=$middle; fi
    echo "right $right wrong $wrong"
done
change=$(printf %04d $wrong)
cat history/$change.patch
printf '{"change": "%s"}\n' "$change" > answer.json

# Take back the fault alone; what else the change brought stays, and so do the later ones.
/usr/bin/python3 -I - <<'PYTHON'
path = "/app/src/@name@.py"
text = open(path, encoding="utf-8").read()
for wrong, right in @repairs@:
    assert text.count(wrong) == 1, wrong
    text = text.replace(wrong, right)
open(path, "w", encoding="utf-8").write(text)
PYTHON

cp src/@name@.py /tmp/program.py
sh /tmp/right.sh
