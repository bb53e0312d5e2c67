#!/bin/sh
# Names it and mends nothing.
cp -r /app/root /tmp/as-found
sh /solution/solve.sh
cp -r /tmp/as-found/. /app/root
