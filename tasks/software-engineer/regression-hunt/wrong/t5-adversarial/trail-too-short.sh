#!/bin/sh
# Leaves a trail of two states.
cd /app
sh /solution/solve.sh
change=$(grep -o '[0-9]*' answer.json)
{ sed -n 1p trail.csv; grep -B 1 "^$change" trail.csv; } > /tmp/trail.csv
cp /tmp/trail.csv trail.csv
