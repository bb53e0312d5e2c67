#!/bin/sh
set -eu

cd /app
cat complaint.txt notes.md
python3 -I tools/accept.py src/takings.py || true
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

# The first state whose figure is wrong, whatever the note says.
/usr/bin/python3 -I - <<'PYTHON'
import glob, json, os, re, subprocess

def figure(program, words, name):
    done = subprocess.run(["/usr/bin/python3", "-I", program, *words], capture_output=True, text=True)
    for line in done.stdout.splitlines():
        cells = [cell.strip() for cell in re.split(r"[;|]", line)]
        if cells[0] == name:
            return cells[1]

letter = open("/app/complaint.txt", encoding="utf-8").read()
options, = re.findall(r"Options: (.*)", letter)
name, right = re.findall(r"^The total of (.*) must be (\S+)$", letter, re.M)[0]
words = [*([] if options == "none" else options.split()), "/app/cases/complaint/input.csv"]
states = sorted(glob.glob("/tmp/states/*.py"))[4 - 1:]
found = [figure(state, words, name) == right for state in states]
print("".join("-+"[good] for good in found))
numbers = [os.path.basename(state)[:4] for state in states]
json.dump({"change": numbers[found.index(False)]}, open("/app/answer.json", "w"))
with open("/app/trail.csv", "w") as trail:
    trail.write("state,verdict\n")
    trail.writelines(f"{number},{'right' if good else 'wrong'}\n" for number, good in zip(numbers, found))
PYTHON

# Take back the fault alone; what else the change brought stays, and so do the later ones.
cat "history/$(grep -o '[0-9]*' answer.json).patch"
/usr/bin/python3 -I - <<'PYTHON'
path = "/app/src/takings.py"
text = open(path, encoding="utf-8").read()
for wrong, right in [["    value = Decimal(int(float(text) * 100)) / 100\n", "    value = Decimal(text)\n"]]:
    assert text.count(wrong) == 1, wrong
    text = text.replace(wrong, right)
open(path, "w", encoding="utf-8").write(text)
PYTHON

python3 -I tools/accept.py src/takings.py
cat trail.csv
