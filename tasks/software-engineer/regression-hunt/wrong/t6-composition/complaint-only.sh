#!/bin/sh
# Gives the setting in question its value and overlooks what else was lost.
cd /app
cp -r root /tmp/as-found
sh /solution/solve.sh
cp -r /tmp/as-found/. root
change=$(grep -o '[0-9]*' answer.json)
file=$(sed -n 's/^File: //p' "history/$change.patch")
sed -n 's/^\(\[.*\]\) \(.*\) must be \(.*\)$/\1\n\2 = \3/p' complaint/letter.txt >> "root/$file"
