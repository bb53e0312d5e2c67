#!/bin/sh
# Lets an add replace whatever is there.
sed 's/row = rows.setdefault(name, {})/row = rows[name] = {} if change["reqType"] == "add" else rows.get(name, {})/' \
    /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
