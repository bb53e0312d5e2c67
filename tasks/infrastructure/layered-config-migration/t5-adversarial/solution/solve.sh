#!/bin/sh
set -eu

cat /app/docs/manual.md /app/dump/mailstore.json
# Everything that could have a say, with its size: an empty file is a mask.
cd /app/root
find . -type f -exec wc -c {} + | LC_ALL=C sort -k 2
mkdir -p /app/out

# Which are read and in which order; then assignment by assignment.
cat > /tmp/layers.py <<'PYTHON'
import glob, os

def assignments(text):
    section, pending = None, None
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if pending is None and (not line or line[0] in "#;"):
            continue
        first = number if pending is None else first
        if pending is not None:
            line, pending = f"{pending} {line}".strip(), None
        if line.endswith("\\"):
            pending = line[:-1].rstrip()
        elif line[0] == "[":
            section = line.strip("[]")
        else:
            key, value = line.split("=", 1)
            yield section, key.strip(), value.strip(), first

def sources(service):
    mains = [path for root in ("etc", "run", "usr/lib") if os.path.exists(path := f"{root}/{service}/{service}.conf")]
    chosen = {}
    for root in ("etc", "run", "usr/lib"):
        for path in glob.glob(f"{root}/{service}/{service}.conf.d/*.conf"):
            chosen.setdefault(os.path.basename(path), path)
    return mains[:1] + [chosen[name] for name in sorted(chosen, key=str.encode)]

def settings(paths, lists):
    """Key to its values, each with the file and line that it comes from."""
    found = {}
    for path in paths:
        for section, key, value, line in assignments(open(path, encoding="utf-8").read()):
            if not value:
                found.pop((section, key), None)
            elif [section, key] in lists:
                found.setdefault((section, key), []).append((value, path, line))
            else:
                found[section, key] = [(value, path, line)]
    return found
PYTHON

/usr/bin/python3 -I - <<'PYTHON'
import json, os
exec(open("/tmp/layers.py").read())

SERVICE, LISTS = "mailstore", [["Access", "Rule"], ["Access", "Upstream"]]
read = sources(SERVICE)
every = sorted(os.path.relpath(os.path.join(place, name)) for place, _, names in os.walk(".") for name in names)
found = settings(read, LISTS)
with open(f"/app/out/{SERVICE}.conf", "w", encoding="utf-8") as out:
    for section in sorted({section for section, _ in found}):
        out.write(f"[{section}]\n")
        for (_, key), value in sorted(item for item in found.items() if item[0][0] == section):
            for text, _, _ in value:
                out.write(f"{key} = {text}\n")

def values(found):
    return {".".join(name): [text for text, _, _ in value] for name, value in found.items()}

# Read back, the new file says the same; and so does the dump, which knows the values only.
assert values(settings([f"/app/out/{SERVICE}.conf"], LISTS)) == values(found)
dump = {f"{section}.{key}": value if isinstance(value, list) else [value]
        for section, keys in json.load(open(f"/app/dump/{SERVICE}.json")).items() for key, value in keys.items()}
assert dump == values(found)
json.dump({".".join(name): [place for _, *place in value] for name, value in found.items()}, open("/app/out/origins.json", "w"))
json.dump({"read": read, "ignored": [path for path in every if path not in read]}, open("/app/out/sources.json", "w"))
PYTHON

cat /app/out/mailstore.conf /app/out/origins.json
