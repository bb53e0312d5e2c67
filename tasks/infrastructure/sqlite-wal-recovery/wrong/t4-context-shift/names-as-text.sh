#!/bin/sh
# Sorts the logs by name: 10 before 9.
sed 's/key=lambda line: int(line\[3\])/key=lambda line: line[1]/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
