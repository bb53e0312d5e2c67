#!/bin/sh
# Loads repeated movements twice.
sed 's/sorted(set(found))/sorted(found)/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
