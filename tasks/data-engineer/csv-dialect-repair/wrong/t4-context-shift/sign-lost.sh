#!/bin/sh
# Takes the digits and overlooks the sign in the last one's zone.
sed 's/Decimal(-value if .* else value)/Decimal(value)/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
