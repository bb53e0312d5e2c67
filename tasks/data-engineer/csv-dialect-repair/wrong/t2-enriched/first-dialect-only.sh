#!/bin/sh
# Stops where the airport's file changes its dialect.
sed '/quoted(new,/s/\*movements(.*)\]/]/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
