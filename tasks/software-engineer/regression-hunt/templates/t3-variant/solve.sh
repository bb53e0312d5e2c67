#!/bin/sh
set -eu

cd /app
cat complaint.txt
ls releases | sort -V

# A search by halves would find one of the changes; ask every release, in the order of the numbers.
/usr/bin/python3 -I - <<'PYTHON'
import json, os, re, subprocess

letter = open("/app/complaint.txt", encoding="utf-8").read()
options, = re.findall(r"Options: (.*)", letter)
words = [*([] if options == "none" else options.split()), "/app/complaint.csv"]
name, right = re.findall(r"^The total of (.*) must be (\S+)$", letter, re.M)[0]

def wrong(version):
    done = subprocess.run(["/usr/bin/python3", "-I", f"/app/releases/{version}/@name@.py", *words], capture_output=True, text=True)
    cells = [line.split(";") for line in done.stdout.splitlines()]
    return done.returncode == 0 and right not in [cell[1] for cell in cells if cell[0] == name]

versions = sorted(os.listdir("/app/releases"), key=lambda version: [int(part) for part in version.split(".")])
states = [wrong(version) for version in versions]
print("".join("+-"[state] for state in states))
came = states.index(True)
went = states.index(False, came)
back = states.index(True, went)
json.dump({"came": versions[came], "went": versions[went], "back": versions[back]}, open("/app/answer.json", "w"))

path = "/app/src/@name@.py"
text = open(path, encoding="utf-8").read()
for bad, good in @repairs@:
    assert text.count(bad) == 1, bad
    text = text.replace(bad, good)
open(path, "w", encoding="utf-8").write(text)
PYTHON

cat answer.json
