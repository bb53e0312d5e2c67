#!/bin/sh
set -eu

cat /app/docs/manual.md
# Everything that could have a say, with its size: an empty file is a mask.
cd /app/root
find . -type f -exec wc -c {} + | LC_ALL=C sort -k 2
mkdir -p /app/recovered /tmp/work

# Which are read and in which order; then assignment by assignment.
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

def sources(service):
    mains = [path for root in ("etc", "run", "usr/lib") if os.path.exists(path := f"{root}/{service}/{service}.conf")]
    chosen = {}
    for root in ("etc", "run", "usr/lib"):
        for path in glob.glob(f"{root}/{service}/{service}.conf.d/*.conf"):
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
import json
exec(open("/tmp/layers.py").read())

SERVICE, LISTS = "deskd", [["Listen", "Rule"], ["Store", "Databases"]]
found = settings(sources(SERVICE), LISTS)
store = {key: value for (section, key), value in found.items() if section == "Store"}
print(store)
json.dump(store, open("/tmp/store.json", "w"))
with open("/tmp/databases", "w") as out:
    out.writelines(f"/app/root{store['Directory']}/{name}.db\n" for name in store["Databases"])
PYTHON

# The log belongs to the database: copy both before anything opens them.
while read -r database; do cp "$database" "$database-wal" /tmp/work/; done < /tmp/databases

# Opening the copy replays the log to its last commit; VACUUM INTO makes one file that stands alone.
/usr/bin/python3 -I - <<'PYTHON'
import json, sqlite3

store, rows = json.load(open("/tmp/store.json")), {}
for name in dict.fromkeys(store["Databases"]):
    work = sqlite3.connect(f"/tmp/work/{name}.db", isolation_level=None)
    assert work.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    work.execute(f"VACUUM INTO '/app/recovered/{name}.db'")
    rows[name], = work.execute(f"SELECT count(*) FROM {name}").fetchone()
with open("/app/recovered/report.json", "w") as report:
    json.dump({"store": store, "rows": rows}, report)
PYTHON

ls -l /app/recovered
cat /app/recovered/report.json
