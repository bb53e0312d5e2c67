#!/bin/sh
set -eu

cat /app/docs/migration.md
cd /app/root
find . -type f -exec wc -c {} + | LC_ALL=C sort -k 2
tail -n +1 etc/default/*
mkdir -p /app/out

# For each instance: which files, in which order; evaluate; expand and convert last.
/usr/bin/python3 -I - <<'PYTHON'
import glob, json, os, re

SERVICE, INSTANCES = "@service@", @instances@
KINDS = @kinds@
UNITS = {"ms": 1, "s": 1000, "": 1000, "min": 60_000, "h": 3_600_000, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}

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
            yield f"{section}.{key.strip()}", value.strip()

def sources(instance):
    mains = [path for root in ("etc", "run", "usr/lib") if os.path.exists(path := f"{root}/{SERVICE}/{SERVICE}.conf")]
    chosen = {}
    for root in ("etc", "run", "usr/lib"):
        for directory in (f"{SERVICE}@{instance}.conf.d", f"{SERVICE}.conf.d"):
            for path in glob.glob(f"{root}/{SERVICE}/{directory}/*.conf"):
                chosen.setdefault(os.path.basename(path), path)
    return mains[:1] + [chosen[name] for name in sorted(chosen, key=str.encode)]

def settings(instance):
    found = {}
    for path in sources(instance):
        for name, value in assignments(open(path, encoding="utf-8").read()):
            if not value:
                found.pop(name, None)
            elif KINDS[name] in ("peer", "word"):
                found.setdefault(name, []).append(value)
            else:
                found[name] = value
    return found

def variables(instance):
    found = {}
    for path in (f"etc/default/{SERVICE}", f"etc/default/{SERVICE}@{instance}"):
        if os.path.exists(path):
            lines = [line for line in open(path, encoding="utf-8").read().splitlines() if not line.startswith("#")]
            found.update(line.split("=", 1) for line in lines)
    return found

def converted(kind, text):
    if kind == "duration":
        return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)([a-z]*)", text))
    if kind == "size":
        return int(text.rstrip("KMG")) * (UNITS[text[-1]] if text[-1] in "KMG" else 1)
    return text in ("yes", "on", "true") if kind == "bool" else text

for instance in INSTANCES:
    known, result = variables(instance), {}
    def expanded(text):
        return re.sub(r"\$\{(\w+)\}|%i|%%|\$\$", lambda found: known.get(found[1], "") if found[1] else
                      {"%i": instance, "%%": "%", "$$": "$"}[found[0]], text)
    for name, value in settings(instance).items():
        section, key = name.split(".")
        key = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()
        result.setdefault(section.lower(), {})[key] = (
            [expanded(text) for text in value] if isinstance(value, list) else converted(KINDS[name], expanded(value)))
    with open(f"/app/out/{instance}.json", "w", encoding="utf-8") as out:
        json.dump(result, out, indent=1, ensure_ascii=False)
PYTHON

head -n 50 /app/out/*.json
