#!/bin/sh
# Takes an empty assignment for none.
sed 's/found.pop((section, key), None)/pass/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
