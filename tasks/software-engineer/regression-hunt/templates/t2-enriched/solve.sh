#!/bin/sh
set -eu

cd /app
cat complaints/*.txt
grep -h '^Subject' history/*.patch
mkdir -p /tmp/states

# All states, cheap as they are. Those that do not run fail by one wrong name in main, as running any of them tells: mended
# in the copy, they can be asked as well.
for patch in history/*.patch; do
    number=${patch#history/}
    number=${number%.patch}
    python3 -I tools/checkout.py "$number" > "/tmp/states/$number.py"
    sed -i 's/^    option = /    options = /' "/tmp/states/$number.py"
done

# For each complaint the first state whose figure is wrong. Only the figure is compared: the form of the report has changed.
/usr/bin/python3 -I - <<'PYTHON'
import glob, json, os, re, subprocess

def figure(program, words, name):
    done = subprocess.run(["/usr/bin/python3", "-I", program, *words], capture_output=True, text=True)
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in re.split(r"[;|]", line)]
        if cells[0] == name:
            return cells[1]

answer = {}
for which in ("first", "second"):
    letter = open(f"/app/complaints/{which}.txt", encoding="utf-8").read()
    options, = re.findall(r"Options: (.*)", letter)
    name, right = re.findall(r"^The total of (.*) must be (\S+)$", letter, re.M)[0]
    words = [*([] if options == "none" else options.split()), f"/app/complaints/{which}.csv"]
    states = sorted(glob.glob("/tmp/states/*.py"))[@good_number@:]
    found = [figure(state, words, name) == right for state in states]
    print(which, "".join("-+"[good] for good in found))
    answer[which] = os.path.basename(states[found.index(False)])[:4]
json.dump(answer, open("/app/answer.json", "w"))

path = "/app/src/@name@.py"
text = open(path, encoding="utf-8").read()
for wrong, right in @repairs@:
    assert text.count(wrong) == 1, wrong
    text = text.replace(wrong, right)
open(path, "w", encoding="utf-8").write(text)
PYTHON

cat answer.json
