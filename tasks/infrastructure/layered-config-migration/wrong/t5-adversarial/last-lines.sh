#!/bin/sh
# Gives the line in which an assignment ends.
sed 's/^        first = number if pending is None else first/        first = number/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
