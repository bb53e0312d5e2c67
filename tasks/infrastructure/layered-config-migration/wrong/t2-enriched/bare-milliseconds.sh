#!/bin/sh
# Takes durations without a unit for milliseconds.
sed 's/"": 1000, /"": 1, /' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
