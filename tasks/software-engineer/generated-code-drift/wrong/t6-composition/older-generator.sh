#!/bin/sh
# Goes back to the generator before the change.
cd /app
sh /solution/solve.sh
change=$(grep -o '[0-9]*' answer.json)
python3 -I tools/checkout.py $((${change#"${change%%[!0]*}"} - 1)) > /tmp/generate.py
cp /tmp/generate.py tools/generate.py
python3 -B tools/generate.py > /tmp/table.py || exit 0
cp /tmp/table.py "$(echo */_table.py)"
