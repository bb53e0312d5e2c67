#!/bin/sh
# Mends the generator, generates, sees the tests pass, and has lost what was corrected by hand.
cp /app/spec/rates.csv /tmp/rates.csv
sh /solution/solve.sh
cd /app
cp /tmp/rates.csv spec/rates.csv
python3 -B tools/generate.py > /tmp/table.py
cp /tmp/table.py "$(echo */_table.py)"
