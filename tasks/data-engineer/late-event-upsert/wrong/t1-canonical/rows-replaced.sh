#!/bin/sh
# The latest change replaces the whole row.
sed 's/row = rows.setdefault(name, {})/row = rows[name] = {}/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
