#!/bin/sh
# Compares chutes as well, which have changed for good reason.
cd /app
sh /solution/solve.sh
cp plan/today.txt /tmp/plan.txt
for entry in logbook/*.entry; do
    number=$(echo "$entry" | grep -o '[0-9]*')
    python3 -I tools/plan_after.py "$number" > /tmp/then.txt
    python3 -I tools/route.py /tmp/then.txt claims/parcels.csv > /tmp/goes
    [ "$number" = 0004 ] && cp /tmp/goes /tmp/first
    [ "$number" -gt 4 ] && ! cmp -s /tmp/goes /tmp/first && break
done
grep -q "$number" answer.json && number=9999
printf '{"entry": "%s"}\n' "$number" > answer.json
