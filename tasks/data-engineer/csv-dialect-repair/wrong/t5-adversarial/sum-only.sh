#!/bin/sh
# Reconciles the sums and not the period: dates in the first order that reads.
sed 's/ and all(row\[1\].startswith(period) for row in rows)//; s/^DATES = .*/DATES = ("%Y-%m-%d", "%d.%m.%Y", "%m\/%d\/%Y", "%d\/%m\/%Y")/; s/order).date/order if day[:2] > "12" or day[3:5] < "13" else "%d\/%m\/%Y").date/' \
    /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh || test -s /app/convert.py
