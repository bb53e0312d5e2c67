#!/bin/sh
# Folds in the order of the numbers.
sed 's/in sorted((instant(change), number, change) for/in sorted((number, number, change) for/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
