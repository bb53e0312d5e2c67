#!/bin/sh
# Reads the exports well and compares the offices' wall clocks as if they were one.
sed -e 's/(line\["made"\] - offset)/line["made"]/' -e '/^assert/d' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
