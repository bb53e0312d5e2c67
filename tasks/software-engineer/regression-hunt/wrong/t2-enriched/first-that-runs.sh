#!/bin/sh
# Blames the first change after which the program runs and is wrong.
sed "/s\/^    option = /d" /solution/solve.sh > /tmp/solve.sh
sed -i 's/^    found = \[figure.*/    found = [figure(state, words, name) in (right, None) for state in states]/' /tmp/solve.sh
sh /tmp/solve.sh || true
