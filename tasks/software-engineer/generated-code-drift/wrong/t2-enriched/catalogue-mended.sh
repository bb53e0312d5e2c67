#!/bin/sh
# Mends the step between; the first step makes the wrong one of it again.
cp -r /app/spec /tmp/spec
sh /solution/solve.sh
cp /tmp/spec/* /app/spec/
