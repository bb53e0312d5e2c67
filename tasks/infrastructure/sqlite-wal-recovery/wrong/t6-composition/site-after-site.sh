#!/bin/sh
# Recovers both and applies one site's changes after the other's.
sed 's/ in sorted(changes.values(), key=lambda line: .*:$/ in changes.values():/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
