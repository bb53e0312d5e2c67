#!/bin/sh
# Runs both steps, sees the tests pass, and has lost what was corrected by hand.
cd /app
module=$(echo */_table.py)
python3 -B tools/compile.py > /tmp/catalogue.json
cp /tmp/catalogue.json build/catalogue.json
python3 -B tools/emit.py > /tmp/table.py
cp /tmp/table.py "$module"
python3 -B -m unittest discover -s tests
