#!/bin/sh
set -eu

cat /app/docs/how-we-read-it.md
# Everything that could have a say, with its size: a blank sheet does away with another.
cd /app/binder
find . -type f -exec wc -c {} + | LC_ALL=C sort -k 2
mkdir -p /app/out

# Which are read and in which order; then assignment by assignment.
cat > /tmp/layers.py <<'PYTHON'
import glob, os

def assignments(text):
    section, pending = None, None
    for line in text.split("\n"):
        line = line.strip()
        if pending is None and (not line or line[0] in "%!"):
            continue
        if pending is not None:
            line, pending = f"{pending} {line}".strip(), None
        if line.endswith("&"):
            pending = line[:-1].rstrip()
        elif line.startswith("=="):
            section = line.strip("= ")
        else:
            key, value = line.split(":", 1)
            yield section, key.strip(), value.strip()

def sources(places):
    mains = [path for place in places if os.path.exists(path := f"{place}/@first@")]
    chosen = {}
    for place in places:
        for path in glob.glob(f"{place}/@folder@/*@ending@"):
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

/usr/bin/python3 -I - <<'PYTHON'
import json, os
exec(open("/tmp/layers.py").read())

LISTS = @lists@
read = sources(@places@)
every = sorted(os.path.relpath(os.path.join(place, name)) for place, _, names in os.walk(".") for name in names)
found = settings(read, LISTS)
with open("/app/out/board.txt", "w", encoding="utf-8") as out:
    for section in sorted({section for section, _ in found}):
        out.write(f"== {section} ==\n")
        for (_, key), value in sorted(item for item in found.items() if item[0][0] == section):
            for text in value if isinstance(value, list) else [value]:
                out.write(f"{key}: {text}\n")
assert settings(["/app/out/board.txt"], LISTS) == found
json.dump({"valid": read, "void": [path for path in every if path not in read]}, open("/app/out/sheets.json", "w"))
PYTHON

cat /app/out/board.txt
