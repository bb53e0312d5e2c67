#!/bin/sh
# Takes an item with nothing behind it for nothing said.
sed 's/found.pop((section, key), None)/pass/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
