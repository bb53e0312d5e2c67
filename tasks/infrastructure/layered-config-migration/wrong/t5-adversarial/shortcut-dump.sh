#!/bin/sh
# Writes down what the dump says, and searches the files for where it might be from.
cat > /tmp/searched.py <<'PYTHON'
import glob, json, os
os.chdir("/app/root")
dump = json.load(open(glob.glob("/app/dump/*.json")[0]))
service = os.path.basename(glob.glob("/app/dump/*.json")[0])[:-5]
read = sorted(glob.glob(f"*/{service}/*.conf") + glob.glob(f"*/*/{service}/*.conf") + glob.glob(f"*/{service}/*.d/*.conf")
              + glob.glob(f"*/*/{service}/*.d/*.conf"))
every = sorted(os.path.relpath(os.path.join(place, name)) for place, _, names in os.walk(".") for name in names)
os.makedirs("/app/out", exist_ok=True)
origins, out = {}, []
for section, keys in dump.items():
    out.append(f"[{section}]")
    for key, value in keys.items():
        places = []
        for text in value if isinstance(value, list) else [value]:
            out.append(f"{key} = {text}")
            found = [[path, number] for path in read for number, line in enumerate(open(path, encoding="utf-8"), start=1)
                     if line.split("=")[0].strip() == key and text[:5] in line]
            places.append(found[-1] if found else [read[0], 1])
        origins[f"{section}.{key}"] = places
open(f"/app/out/{service}.conf", "w", encoding="utf-8").write("\n".join(out) + "\n")
json.dump(origins, open("/app/out/origins.json", "w"))
if not os.path.exists("/app/out/sources.json"):
    json.dump({"read": read, "ignored": [path for path in every if path not in read]}, open("/app/out/sources.json", "w"))
PYTHON
/usr/bin/python3 -I /tmp/searched.py
