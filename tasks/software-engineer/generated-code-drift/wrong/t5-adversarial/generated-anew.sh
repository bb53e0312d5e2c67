#!/bin/sh
# Puts the complaints into the list and generates; what had been touched up before is lost.
cd /app
sed 's/if day > since\[code\]}/if not day}/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
