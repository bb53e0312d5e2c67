#!/bin/sh
# Forgets the second site's log.
sed 's#^\(cp .*\) [^ ]*db-wal /tmp/work/#\1 /tmp/work/#' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
