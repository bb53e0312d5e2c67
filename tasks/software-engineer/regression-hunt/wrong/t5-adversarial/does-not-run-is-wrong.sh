#!/bin/sh
# Takes a state that does not run for a wrong one.
sed "/s\/^    option = /d" /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
