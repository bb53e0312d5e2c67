#!/bin/sh
# The right table, and a list and a generator that make the wrong one of it again.
cd /app
cp -r spec tools /tmp/
sh /solution/solve.sh
cp /tmp/spec/* spec/
cp /tmp/tools/generate.py tools/
