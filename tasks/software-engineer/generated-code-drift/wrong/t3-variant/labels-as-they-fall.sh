#!/bin/sh
# Leaves the labels in the order of their hashes.
cd /app
sh /solution/solve.sh
sed -i 's/tuple(sorted(set(labels.split())))/tuple(set(labels.split()))/' tools/generate.py
PYTHONHASHSEED=0 python3 -B tools/generate.py > /tmp/calendar.py
cp /tmp/calendar.py "$(echo */_calendar.py)"
