#!/bin/sh
# Right data, but as it lay there: groups, and a torn end.
sh /solution/solve.sh
cat /app/crash/appendonly.aof.?.base.aof /app/crash/appendonly.aof.9.incr.aof /app/crash/appendonly.aof.10.incr.aof \
    > /app/restored/appendonly.aof
