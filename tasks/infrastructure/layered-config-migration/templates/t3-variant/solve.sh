#!/bin/sh
set -eu

find /app/samples -type f

cat > /app/effective.py <<'PYTHON'
"""Prints the settings that a service's layered configuration amounts to."""
import glob
import json
import os
import sys


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
        elif line.startswith("[") and line.endswith("]"):
            section = line[1:-1]
        else:
            key, equals, value = line.partition("=")
            if not equals:
                raise ValueError(line)
            yield section, key.strip(), value.strip()
    if pending is not None:
        raise ValueError("the last line is continued")


def sources(root, service):
    places = [f"{root}/{part}/{service}" for part in ("etc", "run", "usr/lib")]
    mains = [path for place in places if os.path.exists(path := f"{place}/{service}.conf")]
    chosen = {}
    for place in places:
        for path in glob.glob(f"{glob.escape(place)}/{service}.conf.d/*.conf"):
            chosen.setdefault(os.path.basename(path), path)
    return mains[:1] + [chosen[name] for name in sorted(chosen, key=os.fsencode)]


def main(root, service):
    kinds = dict(line.split() for line in open(f"{root}/usr/lib/{service}/{service}.keys", encoding="utf-8"))
    found = {}
    try:
        for path in sources(root, service):
            for section, key, value in assignments(open(path, encoding="utf-8").read()):
                kind, keys = kinds[f"{section}.{key}"], found.setdefault(section, {})
                if not value:
                    keys.pop(key, None)
                elif kind == "list":
                    keys.setdefault(key, []).append(value)
                else:
                    keys[key] = value
    except (ValueError, KeyError) as error:
        print(f"refused: {error!r}", file=sys.stderr)
        return 3
    print(json.dumps({section: keys for section, keys in found.items() if keys}))
    return 0


sys.exit(main(*sys.argv[1:]))
PYTHON

# The samples say what is right.
for sample in /app/samples/*.json; do
    host=${sample%.json}; service=${host##*.}; host=${host%.*}
    /usr/bin/python3 -I /app/effective.py "$host" "$service" > /tmp/found.json
    /usr/bin/python3 -I -c 'import json, sys; a, b = (json.load(open(p)) for p in sys.argv[1:]); assert a == b' \
        /tmp/found.json "$sample"
done
