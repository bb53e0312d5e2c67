#!/bin/sh
set -eu

cd /app
cat docs/manual.md complaint/letter.txt
grep -h '^Subject' history/*.patch

# What a tree amounts to: which files are read and in which order; then assignment by assignment.
cat > /tmp/layers.py <<'PYTHON'
import glob, os

def assignments(text):
    section, pending = None, None
    for line in text.split("\n"):
        line = line.strip()
        if pending is None and (not line or line[0] in "#;"):
            continue
        if pending is not None:
            line, pending = f"{pending} {line}".strip(), None
        if line.endswith("\\"):
            pending = line[:-1].rstrip()
        elif line[0] == "[":
            section = line.strip("[]")
        else:
            key, value = line.split("=", 1)
            yield section, key.strip(), value.strip()

def sources(tree, service):
    places = [f"{tree}/{root}/{service}" for root in ("etc", "run", "usr/lib")]
    mains = [path for place in places if os.path.exists(path := f"{place}/{service}.conf")]
    chosen = {}
    for place in places:
        for path in glob.glob(f"{place}/{service}.conf.d/*.conf"):
            chosen.setdefault(os.path.basename(path), path)
    return mains[:1] + [chosen[name] for name in sorted(chosen, key=str.encode)]

def settings(paths, lists):
    found = {}
    for path in paths:
        for section, key, value in assignments(open(path, encoding="utf-8").read()):
            if not value:
                found.pop((section, key), None)
            elif [section, key] in lists:
                found.setdefault((section, key), []).append(value)
            else:
                found[section, key] = value
    return found
PYTHON

# The complaint as a test: it says of a tree whether it is right.
cat > /tmp/right.py <<'PYTHON'
import re, sys
exec(open("/tmp/layers.py").read())

SERVICE, LISTS = "metricd", [["Collect", "Source"], ["Export", "Filter"]]
section, key, value = re.search(r"^\[(\w+)\] (\w+) must be (.*)$", open("/app/complaint/letter.txt", encoding="utf-8").read(), re.M).groups()
sys.exit(settings(sources(sys.argv[1], SERVICE), LISTS).get((section, key)) != value)
PYTHON

# Halve the range between a right and a wrong state until they are neighbours.
right=4
wrong=16
while [ $((wrong - right)) -gt 1 ]; do
    middle=$(((right + wrong) / 2))
    python3 -I tools/checkout.py $middle /tmp/state
    if python3 -I /tmp/right.py /tmp/state; then right=$middle; else wrong=$middle; fi
    echo "right $right wrong $wrong"
done
change=$(printf %04d $wrong)
cat history/$change.patch
printf '{"change": "%s"}\n' "$change" > answer.json

# All that the change did: settings before and after. Its file hides another of the same name.
python3 -I tools/checkout.py $right /tmp/before
python3 -I tools/checkout.py $wrong /tmp/after
/usr/bin/python3 -I - <<'PYTHON'
import os
exec(open("/tmp/layers.py").read())

SERVICE, LISTS = "metricd", [["Collect", "Source"], ["Export", "Filter"]]
before, after = (settings(sources(f"/tmp/{name}", SERVICE), LISTS) for name in ("before", "after"))
for name in sorted(before.keys() | after.keys()):
    if before.get(name) != after.get(name):
        print(name, before.get(name), "->", after.get(name))
read = [{os.path.relpath(path, f"/tmp/{name}") for path in sources(f"/tmp/{name}", SERVICE)} for name in ("before", "after")]
(hidden,), (hides,) = read[0] - read[1], read[1] - read[0]
print(hides, "hides", hidden)
# What the hidden file says comes back, before what the new one says since.
with open(f"/app/root/{hides}", encoding="utf-8") as file:
    text = file.read()
with open(f"/app/root/{hides}", "w", encoding="utf-8") as out:
    out.write(open(f"/app/root/{hidden}", encoding="utf-8").read().rstrip("\n") + "\n" + text)
PYTHON

python3 -I /tmp/right.py /app/root
