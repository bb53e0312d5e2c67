#!/bin/sh
# Names the last file that is read as the origin of everything.
sh /solution/solve.sh
cd /app/out
last=$(grep -o '"[^"]*\.conf"\], "ignored"' sources.json | cut -d '"' -f 2)
sed -i "s#\[\"[^\"]*\", [0-9]*\]#[\"$last\", 1]#g" origins.json
