#!/bin/sh
# Leaves backslash escapes in the comments.
sed 's/lambda found: ESCAPES\[found\[0\]\]/lambda found: found[0]/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
