#!/bin/sh
# Builtins of the shell only, so that verifying starts no further process and no PATH is searched.
file=/app/hello.txt
present=failed plain=failed text=failed alone=failed reward=0

[ -s "$file" ] && present=passed
if [ -s "$file" ] && [ -f "$file" ] && [ ! -L "$file" ] && [ -r "$file" ]; then
    plain=passed
    {
        IFS= read -r line
        [ "$line" = 'Hello, world!' ] && text=passed
        if ! IFS= read -r rest && [ -z "$rest" ] && [ "$text" = passed ]; then alone=passed; fi
    } < "$file"
fi

passed=0
for status in "$present" "$plain" "$text" "$alone"; do
    [ "$status" = passed ] && passed=$((passed + 1))
done
[ "$passed" -eq 4 ] && reward=1

printf '{"reportFormat": "CTRF", "specVersion": "0.0.0", "results": {"tool": {"name": "executord-tasks"},
 "summary": {"tests": 4, "passed": %d, "failed": %d, "skipped": 0, "pending": 0, "other": 0, "start": 0, "stop": 0},
 "tests": [
  {"name": "file_has_content", "status": "%s", "duration": 0},
  {"name": "is_a_plain_file", "status": "%s", "duration": 0},
  {"name": "has_the_text", "status": "%s", "duration": 0},
  {"name": "has_nothing_else", "status": "%s", "duration": 0}]}}\n' \
    "$passed" $((4 - passed)) "$present" "$plain" "$text" "$alone" > /logs/verifier/ctrf.json
printf '{"reward": %d}\n' "$reward" > /logs/verifier/reward.json
