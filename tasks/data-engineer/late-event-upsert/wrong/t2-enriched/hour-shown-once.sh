#!/bin/sh
# Takes every time in the repeated hour for its first pass.
sed -e 's/ or (earlier and at < earlier):/:/' -e 's/^    assert earlier.*//' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
