#!/bin/sh
set -eu

head -n 3 /app/samples/*

# The state that forgets nothing: every change once. Order is made when the table is asked for.
cat > /app/fold.py <<'PYTHON'
"""Folds batches of changes into a state: the set of all changes, from which the table follows in whatever order they came."""
import csv
import io
import json
import sys
from datetime import datetime, timezone

KEY, COLUMNS = "@key@", "@columns@".split(",")


def instant(change):
    at = datetime.fromisoformat(change["at"].replace("Z", "+00:00"))
    if at.tzinfo is None:
        raise ValueError("no offset")
    return at.astimezone(timezone.utc)


def read(path):
    """Number to change; raises for a line that is none."""
    changes = {}
    for line in open(path, encoding="utf-8"):
        change = json.loads(line)
        instant(change)
        if change["op"] not in ("set", "delete") or not isinstance(change[KEY], str):
            raise ValueError(change)
        if change["op"] == "set" and not change["set"].keys() <= set(COLUMNS[1:-1]):
            raise ValueError(change)
        changes[int(change["change"])] = change
    return changes


def table(changes):
    rows = {}
    for _, _, change in sorted((instant(change), number, change) for number, change in changes.items()):
        if change["op"] == "delete":
            rows.pop(change[KEY], None)
            continue
        row = rows.setdefault(change[KEY], {})
        row.update(change["set"], changed_at=instant(change).strftime("%Y-%m-%dT%H:%M:%SZ"))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([name, *(rows[name].get(column) or "" for column in COLUMNS[1:])] for name in sorted(rows))
    return out.getvalue()


def main(verb, *paths):
    try:
        states = [read(path) for path in paths]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"refused: {error!r}", file=sys.stderr)
        return 3
    merged = {number: change for state in states for number, change in state.items()}
    text = table(merged) if verb == "table" else "".join(json.dumps(merged[number]) + "\n" for number in sorted(merged))
    sys.stdout.buffer.write(text.encode())
    return 0


sys.exit(main(*sys.argv[1:]))
PYTHON

# Two orders of the samples must give one table.
: > /tmp/first; : > /tmp/second
for batch in /app/samples/*; do
    /usr/bin/python3 -I /app/fold.py fold /tmp/first "$batch" > /tmp/new
    mv /tmp/new /tmp/first
done
for batch in $(ls -r /app/samples/*); do
    /usr/bin/python3 -I /app/fold.py fold /tmp/second "$batch" > /tmp/new
    mv /tmp/new /tmp/second
done
/usr/bin/python3 -I /app/fold.py table /tmp/first > /tmp/one.csv
/usr/bin/python3 -I /app/fold.py table /tmp/second | cmp - /tmp/one.csv
head -n 4 /tmp/one.csv
