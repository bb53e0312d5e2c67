#!/bin/sh
# Reads each day in the first order that makes a date of it, beginning with a habit that is wrong here.
sed -e 's/datetime.strptime(cells\["day"\], .*/day(cells["day"])/' \
    -e 's/^rows = \[\]/def day(cell):\n    for form in HABIT:\n        try:\n            return datetime.strptime(cell, form).date().isoformat()\n        except ValueError:\n            pass\n\nrows = []/' \
    /solution/solve.sh > /tmp/solve.sh
habit='("%d%m%y", "%m%d%y", "%y%m%d")'
if grep -q '"%d%m%y")' /solution/solve.sh; then habit='("%m%d%y", "%d%m%y", "%y%m%d")'; fi
sed -i -e "s/HABIT/$habit/" -e "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
