#!/bin/sh
set -eu

# The logs belong to the base: which of them count, in which order? Copy those before anything opens them.
ls -l /app/crash
cat /app/crash/*.manifest
tail -c 200 /app/crash/appendonly.aof.10.incr.aof | od -A d -c
mkdir -p /app/restored /tmp/work
cp /app/crash/* /tmp/work/

# Replay group by group to the last one that ended, and no further; then write one file that stands alone.
/usr/bin/python3 -I - <<'PYTHON'
import json

listed = [line.split() for line in open("/tmp/work/appendonly.aof.manifest")]
base, = [line[1] for line in listed if line[5] == "b"]
logs = [line[1] for line in sorted(listed, key=lambda line: int(line[3])) if line[5] == "i"]

def commands(name):
    content, at = open(f"/tmp/work/{name}", "rb").read(), 0
    def line():
        nonlocal at
        end = content.index(b"\r\n", at)
        at, text = end + 2, content[at:end]
        return text
    try:
        while at < len(content):
            words = []
            for _ in range(int(line()[1:])):
                size = int(line()[1:])
                words.append(content[at:at + size].decode())
                assert content[at + size:at + size + 2] == b"\r\n"
                at += size + 2
            yield words
    except (ValueError, AssertionError):
        print(name, "is torn at", at, "of", len(content))

def apply(data, verb, key, *rest):
    if verb == "SET":
        data[key] = rest[0]
    elif verb == "DEL":
        data.pop(key, None)
    elif verb == "INCRBY":
        data[key] = str(int(data.get(key, 0)) + int(rest[0]))
    elif verb == "HSET":
        data.setdefault(key, {}).update(zip(rest[::2], rest[1::2]))
    elif verb == "HDEL":
        data.get(key, {}).pop(rest[0], None)
    elif verb == "RPUSH":
        data.setdefault(key, []).extend(rest)
    elif verb == "LPOP":
        del data.get(key, [])[:1]
    if not data.get(key, "") and verb != "SET":
        data.pop(key, None)

data, group = {}, None
for name in [base, *logs]:
    for words in commands(name):
        if words == ["MULTI"]:
            group = []
        elif words == ["EXEC"]:
            for held in group:
                apply(data, *held)
            group = None
        elif group is not None:
            group.append(words)
        else:
            apply(data, *words)

def text(words):
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)

with open("/app/restored/appendonly.aof", "wb") as out:
    for key, value in data.items():
        if isinstance(value, dict):
            out.write(text(["HSET", key, *(word for pair in value.items() for word in pair)]))
        elif isinstance(value, list):
            out.write(text(["RPUSH", key, *value]))
        else:
            out.write(text(["SET", key, value]))
with open("/app/restored/report.json", "w") as report:
    json.dump({"keys": len(data), "rides": sum(key.startswith("ride:") for key in data),
               "waiting": len(data.get("queue:dispatch", [])), "last": int(data["seq:ride"])}, report)
PYTHON

ls -l /app/crash /app/restored
cat /app/restored/report.json
