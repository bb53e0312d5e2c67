#!/bin/sh
# The right module, and a list that makes the wrong one of it again.
cp /app/spec/rates.csv /tmp/rates.csv
sh /solution/solve.sh
cp /tmp/rates.csv /app/spec/rates.csv
