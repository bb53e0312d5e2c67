#!/bin/sh
# Takes back the whole entry: what was wanted is gone again.
cd /app
sh /solution/solve.sh
entry=$(grep -o '[0-9]*' answer.json)
sed -n 's/^+\([0-9].* -> .*\)$/\1/p' "logbook/$entry.entry" | cut -d '-' -f 1 > /tmp/added
case $(grep '^Done' "logbook/$entry.entry") in
    *yard*) lines='>20' ;;
    *express*) lines='<=5' ;;
    *) lines='any any' ;;
esac
while read -r first; do sed -i "/^$first-[0-9]* $lines /d" plan/today.txt; done < /tmp/added
