#!/bin/sh
# Reads an amount without a comma as if the point were decimal: 4.708 for 4708.
sed 's/return Decimal(cell/return Decimal(cell if "," not in cell else cell/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
