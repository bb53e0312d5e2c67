#!/bin/sh
# Strips the trailing minus as if it were punctuation.
sed 's/sign = .*/sign = ""/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
