#!/bin/sh
# Takes every time in the repeated hour for its second pass.
sed -e 's/if at >= SWITCH or .*:/if wall - AFTER >= SWITCH:/' -e 's/^    assert earlier.*//' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
