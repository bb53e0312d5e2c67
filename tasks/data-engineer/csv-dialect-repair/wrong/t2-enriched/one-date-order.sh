#!/bin/sh
# Takes all slashed dates for American ones where that is possible.
sed -e 's/datetime.strptime(cells\["moved_on"\], order)/day(cells["moved_on"], order)/' \
    -e 's/^def quoted/def day(cell, order):\n    try:\n        return datetime.strptime(cell, "%m\/%d\/%Y" if "\/" in cell else order)\n    except ValueError:\n        return datetime.strptime(cell, order)\n\ndef quoted/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
