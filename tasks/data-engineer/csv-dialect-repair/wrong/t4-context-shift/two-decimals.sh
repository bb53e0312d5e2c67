#!/bin/sh
# Takes every smallest unit for a hundredth, and writes each amount in the form that was asked for.
sed 's/scaleb(-EXPONENTS\[currency\])/scaleb(-2)/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
