#!/bin/sh
set -eu

cd /app/lost+found
# Which file is what: databases begin with their name, logs with a magic number, sequence and salts behind it.
for file in *; do echo "$file"; od -A d -t x1 -N 32 "$file"; done
cat './@log@'
mkdir -p /app/recovered /tmp/work
cd /tmp/work

# Try each log with each database on copies; of those that fit, the one with the highest sequence is the live one.
/usr/bin/python3 -I - <<'PYTHON'
import json, os, shutil, sqlite3, struct

FOUND, OUT = "/app/lost+found", "/app/recovered"
heads = {name: open(f"{FOUND}/{name}", "rb").read(32) for name in sorted(os.listdir(FOUND))}
databases = [name for name, head in heads.items() if head.startswith(b"SQLite format 3\0")]
logs = {name: struct.unpack(">I", head[12:16])[0] for name, head in heads.items() if head[:3] == b"\x37\x7f\x06"}

def shape(connection):
    return sorted(connection.execute("SELECT name, sql FROM sqlite_schema"))

def fits(database, log):
    shutil.copyfile(f"{FOUND}/{database}", "alone.db")
    shutil.copyfile(f"{FOUND}/{database}", "pair.db")
    shutil.copyfile(f"{FOUND}/{log}", "pair.db-wal")
    alone, pair = sqlite3.connect("alone.db"), sqlite3.connect("pair.db")
    try:
        return (shape(alone) == shape(pair) and pair.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                and pair.execute("PRAGMA application_id").fetchall() == alone.execute("PRAGMA application_id").fetchall())
    except sqlite3.DatabaseError:
        return False
    finally:
        alone.close()
        pair.close()
        for name in os.listdir():
            os.remove(name)

for database in databases:
    log = max((log for log in logs if fits(database, log)), key=logs.get)
    shutil.copyfile(f"{FOUND}/{database}", "work.db")
    shutil.copyfile(f"{FOUND}/{log}", "work.db-wal")
    work = sqlite3.connect("work.db", isolation_level=None)
    tables = {name for name, in work.execute("SELECT name FROM sqlite_schema")}
    name = "@first@" if "entries" in tables else "@second@"
    work.execute(f"VACUUM INTO '{OUT}/{name}.db'")
    work.close()
    print(database, log, name)
    os.remove("work.db")

ledger = sqlite3.connect(f"{OUT}/@first@.db")
entries, balance = ledger.execute("SELECT count(*), sum(cents) FROM entries").fetchone()
sessions = sqlite3.connect(f"{OUT}/@second@.db")
rows, still_open = sessions.execute("SELECT count(*), sum(closed IS NULL) FROM sessions").fetchone()
with open(f"{OUT}/report.json", "w") as report:
    json.dump({"entries": entries, "balance_cents": balance, "sessions": rows, "open_sessions": still_open}, report)
PYTHON

ls -l /app/recovered
cat /app/recovered/report.json
