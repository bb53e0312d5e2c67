#!/bin/sh
# Gives the right list of sheets, and all sheets one after the other.
sh /solution/solve.sh
cd /app/binder
find . -type f | LC_ALL=C sort | xargs cat > /app/out/board.txt
