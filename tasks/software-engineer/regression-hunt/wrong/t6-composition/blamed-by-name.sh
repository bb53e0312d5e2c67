#!/bin/sh
# Mends it, and blames the last change that assigns the setting in question.
cd /app
sh /solution/solve.sh
key=$(sed -n 's/^\[.*\] \(.*\) must be .*$/\1/p' complaint/letter.txt)
printf '{"change": "%s"}\n' "$(grep -lE "^\+$key ?=" history/*.patch | tail -n 1 | grep -o '[0-9]*')" > answer.json
