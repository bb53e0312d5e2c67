# What the tests of both steps share: compares a file with the text that it must have, and writes the reward.
# Arguments: the file, its text.
found=$(cat "$1" 2>/dev/null)
if [ "$found" = "$2" ]; then status=passed reward=1; else status=failed reward=0; fi
printf '{"results": {"tool": {"name": "check.sh"},
 "summary": {"tests": 1, "passed": %d, "failed": %d, "skipped": 0, "pending": 0, "other": 0, "start": 0, "stop": 0},
 "tests": [{"name": "%s holds what it must", "status": "%s", "duration": 0}]}}\n' \
    "$reward" $((1 - reward)) "${1##*/}" "$status" > /logs/verifier/ctrf.json
echo "$reward" > /logs/verifier/reward.txt
