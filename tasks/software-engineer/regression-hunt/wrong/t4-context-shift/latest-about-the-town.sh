#!/bin/sh
# Blames the latest entry that did something about the postcodes in question.
cd /app
sh /solution/solve.sh
code=$(sed -n 2p claims/parcels.csv | cut -d ';' -f 2 | cut -c 1-2)
entry=$(grep -l "^+$code[0-9]*-" logbook/*.entry | sort | tail -n 1 | grep -o '[0-9]*')
grep -q "$entry" answer.json && entry=9999
printf '{"entry": "%s"}\n' "$entry" > answer.json
