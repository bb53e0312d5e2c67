#!/bin/sh
# Sorts by the text of the time, whatever its offset.
sed 's/key=lambda change: (instant(change), /key=lambda change: (change["reqStart"], /' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
