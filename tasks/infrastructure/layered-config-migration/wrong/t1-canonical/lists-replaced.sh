#!/bin/sh
# Lets the last assignment of a list replace the others.
sed 's/found.setdefault((section, key), \[\]).append(value)/found[section, key] = [value]/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
