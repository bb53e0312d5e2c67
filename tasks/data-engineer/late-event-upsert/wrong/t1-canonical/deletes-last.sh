#!/bin/sh
# What was ever deleted stays deleted.
sed 's/^columns = /for line in lines:\n    if line["op"] == "delete":\n        rows.pop(name_of(line), None)\n\ncolumns = /' \
    /solution/solve.sh | sed 's/^rows, seen = .*/&\nname_of = lambda line: next(v for k, v in line.items() if k not in ("change", "at", "op", "set"))/' > /tmp/solve.sh
sh /tmp/solve.sh
