#!/bin/sh
# Refuses a tree for files that are not read.
sed 's/^    return mains\[:1\] + /    for path in glob.glob(f"{glob.escape(root)}\/*\/{service}\/*.d\/*.conf") + glob.glob(f"{glob.escape(root)}\/usr\/lib\/{service}\/*.d\/*.conf"):\n        list(assignments(open(path, encoding="utf-8").read()))\n&/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh || test -s /app/effective.py
