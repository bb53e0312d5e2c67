#!/bin/sh
# The right module, and a generator as it was.
cp /app/tools/generate.py /tmp/generate.py
sh /solution/solve.sh
cp /tmp/generate.py /app/tools/generate.py
