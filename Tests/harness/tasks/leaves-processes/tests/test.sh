#!/bin/sh
# Reward 1: the agent had started, and nothing of it runs any more.
reward=1
test -e /app/started || reward=0
for process in /proc/[0-9]*; do
    if tr '\0' ' ' <"$process/cmdline" 2>/dev/null | grep -q 'sleep 4321'; then reward=0; fi
done
echo "$reward" >/logs/verifier/reward.txt
