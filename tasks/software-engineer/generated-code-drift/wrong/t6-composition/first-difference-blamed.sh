#!/bin/sh
# Takes every difference for the generator's, and blames the first state whose table is not the one that was found.
cd /app
sh /solution/solve.sh
for patch in history/*.patch; do
    number=$(echo "$patch" | grep -o '[0-9]*')
    python3 -I tools/checkout.py "$number" > /tmp/state/tools/generate.py
    python3 -I /tmp/state/tools/generate.py > /tmp/state/table.py || break
    [ "$number" -le 3 ] && cp /tmp/state/table.py /tmp/first.py
    cmp -s /tmp/state/table.py /tmp/first.py || break
done
grep -q "$number" answer.json && number=9999
printf '{"change": "%s"}\n' "$number" > answer.json
