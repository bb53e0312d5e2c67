#!/bin/sh
# Lists well which files are read, in order, and searches these for the dump's values.
sh /solution/solve.sh
cat > /tmp/searched.py <<'PYTHON'
import glob, json, os
exec(open("/tmp/layers.py").read())
os.chdir("/app/root")
dump = json.load(open(glob.glob("/app/dump/*.json")[0]))
places = {}
for path in json.load(open("/app/out/sources.json"))["read"]:
    for section, key, value, line in assignments(open(path, encoding="utf-8").read()):
        places[section, key, value] = [path, line]
json.dump({f"{section}.{key}": [places[section, key, text] for text in (value if isinstance(value, list) else [value])]
           for section, keys in dump.items() for key, value in keys.items()}, open("/app/out/origins.json", "w"))
PYTHON
/usr/bin/python3 -I /tmp/searched.py
