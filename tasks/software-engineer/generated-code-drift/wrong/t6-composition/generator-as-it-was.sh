#!/bin/sh
# Carries the corrections back and generates with the generator as it is.
cd /app
cp tools/generate.py /tmp/generate.py
sh /solution/solve.sh
cp /tmp/generate.py tools/generate.py
python3 -B tools/generate.py > /tmp/table.py
cp /tmp/table.py "$(echo */_table.py)"
