#!/bin/sh
# Runs the generator, sees the tests pass, and has lost what was corrected by hand.
cd /app
module=$(echo */_table.py)
python3 -B tools/generate.py > /tmp/table.py
cp /tmp/table.py "$module"
python3 -B -m unittest discover -s tests
