#!/bin/sh
reward=0
[ "$(cat /app/answers)" = "$(printf 'from the host\n403\nrefused')" ] && reward=1
cat /app/answers
echo "$reward" >/logs/verifier/reward.txt
