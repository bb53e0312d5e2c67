#!/bin/sh
# Searches by halves between the first and the last release.
sed -e 's/^came = .*/came, high = 0, len(states) - 1\nwhile high - came > 1:\n    middle = (came + high) \/\/ 2\n    came, high = (came, middle) if states[middle] else (middle, high)\ncame = high/' \
    -e 's/^went = .*/went = max(came - 1, 0)/' -e 's/^back = .*/back = len(states) - 1/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
