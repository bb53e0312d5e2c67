#!/bin/sh
# Reports the differences well, and carries nothing back to the list.
cd /app
cp spec/rates.csv /tmp/rates.csv
sh /solution/solve.sh
module=$(echo */_table.py)
line=$(sed -n 's/^    "\(.*\)": ("\(.*\)", "\(.*\)"),$/\1 \2 \3/p' "$module" | sed -n 1p)
cp /tmp/rates.csv spec/rates.csv
python3 -B tools/touch_up.py $line
python3 -B -m unittest discover -s tests
