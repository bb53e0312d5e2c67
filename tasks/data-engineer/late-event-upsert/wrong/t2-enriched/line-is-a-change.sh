#!/bin/sh
# Takes the first line of a scanner's change for all of it.
sed 's/fields\[line\["field"\]\] = line\["value"\]/fields.setdefault(next(iter(fields), line["field"]), line["value"])/' \
    /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
