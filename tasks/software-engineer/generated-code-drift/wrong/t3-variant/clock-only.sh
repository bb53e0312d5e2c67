#!/bin/sh
# Finds the time zone, sees the tests pass, and looks no further.
cd /app
sed -i 's/datetime.strptime(when, FORM).timestamp()/datetime.strptime(when, FORM).replace(tzinfo=timezone.utc).timestamp()/' tools/generate.py
python3 -B tools/generate.py > /tmp/calendar.py
cp /tmp/calendar.py "$(echo */_calendar.py)"
python3 -B -m unittest discover -s tests || true
