#!/bin/sh
# Falls back to the last reading that was possible when none agrees with the control line.
sh /solution/solve.sh
sed -i -e 's/^            if (decimal != group and/            last = rows\n&/' \
    -e 's/^    raise ValueError("no reading.*/    return last/' /app/normalize.py
/usr/bin/python3 /app/compare.py
