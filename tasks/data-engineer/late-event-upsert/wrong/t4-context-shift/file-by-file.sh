#!/bin/sh
# Takes one log after another, each from top to bottom.
sed 's/^for change in sorted(changes.values(), .*/for change in changes.values():/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
