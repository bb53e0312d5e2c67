#!/usr/bin/env python3
"""Writes the data of this family's tasks and the truth their verifiers compare with. Same bytes on every run."""
import hashlib
import json
import os
import random
import shutil

HERE = os.path.dirname(os.path.abspath(__file__))
HARNESS = os.path.join(HERE, "..", "..", "harness")

with open(f"{HERE}/walfile.py", encoding="utf-8") as source:
    exec(compile(source.read(), "walfile.py", "exec"))


def put(path, content):
    path = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8"))


def put_task(task, directory, files, databases, report):
    """`files`: evidence by name; `databases`: output path to (final state, tables, identity that is checked)."""
    for name, content in files.items():
        put(f"{task}/environment/{directory}/{name}", content)
    expected = {
        "databases": {path: {"identity": identity, "schema": schema_of(state), "rows": rows_of(state, tables)}
                      for path, (state, tables, identity) in databases.items()},
        "report": {"path": "/app/recovered/report.json", "content": report},
        "evidence": {f"/app/{directory}": {name: hashlib.sha256(content).hexdigest()
                                           for name, content in files.items()}}}
    put(f"{task}/tests/expected.json", json.dumps(expected, ensure_ascii=False, indent=1) + "\n")
    shutil.copyfile(f"{HERE}/verify.py", f"{HERE}/{task}/tests/verify.py")
    shutil.copyfile(f"{HARNESS}/verdict.py", f"{HERE}/{task}/tests/verdict.py")


# T1: a job queue whose host lost power.

def canonical():
    chance = random.Random("queue")
    schema = [("CREATE TABLE jobs (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL, "
               "state TEXT NOT NULL, attempts INTEGER NOT NULL)", ()),
              ("CREATE INDEX jobs_by_state ON jobs (state, id)", ())]

    def added(first, count):
        return [("INSERT INTO jobs VALUES (?, ?, ?, 'pending', 0)",
                 (number, chance.choice(["mail", "invoice", "thumbnail", "webhook"]),
                  json.dumps({"ref": chance.randrange(10**6), "to": f"tenant-{chance.randrange(90)}"})))
                for number in range(first, first + count)]

    def done(first, last):
        return [("UPDATE jobs SET state = 'done', attempts = attempts + 1 WHERE id BETWEEN ? AND ?", (first, last))]

    states = history(1024, {"application_id": 0x71756575, "user_version": 7}, [
        schema + added(1, 60), done(1, 25), added(61, 12), done(26, 40),
        [("DELETE FROM jobs WHERE id <= 10", ())] + added(73, 9),
        [("UPDATE jobs SET state = 'failed' WHERE id = 44", ())],
        done(41, 43) + added(82, 5), [("UPDATE jobs SET state = 'lost'", ())] + added(87, 30)])
    log = write_ahead_log(1024, 3, (0x5EED0001, 0x1A2B3C4D), states[:-1], states[-1])
    base, final = states[0], states[-2]
    rows = rows_of(final, ["jobs"])
    assert opened_by_sqlite(base, log, ["jobs"]) == rows
    put_task("t1-canonical", "incident", {"queue.db": base, "queue.db-wal": log},
             {"/app/recovered/queue.db": (final, ["jobs"], {})},
             {"jobs": len(rows["jobs"]), "last_job": rows["jobs"][-1][0],
              "pending": sum(row[3] == "pending" for row in rows["jobs"])})


# T2: nameless files after a file system check: two databases, three logs, one of them outlived.

def ledger_states(chance):
    def entries(first, count):
        return [("INSERT INTO entries VALUES (?, ?, ?, ?)",
                 (number, f"acct-{chance.randrange(12):02d}", chance.randrange(-90_000, 140_000),
                  chance.choice(["rent", "payroll", "refund", "fee", "sale"])))
                for number in range(first, first + count)]

    schema = [("CREATE TABLE entries (id INTEGER PRIMARY KEY, account TEXT NOT NULL, cents INTEGER NOT NULL, "
               "memo TEXT NOT NULL)", ()), ("CREATE INDEX entries_by_account ON entries (account)", ())]
    steps = [schema + entries(1, 70)]
    for number in range(9):
        steps.append(entries(71 + 11 * number, 11)
                     + [("UPDATE entries SET memo = 'corrected' WHERE id % 23 = ?", (number,))])
    steps.append(entries(170, 20) + [("DELETE FROM entries WHERE id < 30", ())])
    return history(1024, {"application_id": 0x6C656467, "user_version": 12}, steps)


def sessions_states(chance):
    def opened(first, count):
        return [("INSERT INTO sessions VALUES (?, ?, ?, ?)",
                 (f"{first + number:04d}-{chance.randrange(16**8):08x}", f"user{chance.randrange(40)}",
                  1_717_200_000 + 60 * (first + number), None)) for number in range(count)]

    schema = [("CREATE TABLE sessions (token TEXT PRIMARY KEY, login TEXT NOT NULL, opened INTEGER NOT NULL, "
               "closed INTEGER) WITHOUT ROWID", ())]
    return history(1024, {"application_id": 0x73657373, "user_version": 4}, [
        schema + opened(1, 50), [("DELETE FROM sessions WHERE token < '0020'", ())], opened(51, 15),
        [("UPDATE sessions SET closed = opened + 1800 WHERE token < '0045'", ())], opened(66, 8),
        [("DELETE FROM sessions", ())]])


SERVICE_LOG = """\
2024-06-01T02:41:07Z ledger: checkpoint complete, log 41 begun anew
2024-06-01T02:58:30Z sessions: checkpoint complete, log 6 begun anew
2024-06-01T03:11:55Z ledger: checkpoint complete, log 42 begun anew
2024-06-01T03:12:40Z ledger: batch 7 committed
2024-06-01T03:12:44Z kernel: nvme0: I/O timeout, resetting controller
"""


def enriched():
    ledger, sessions = ledger_states(random.Random("ledger")), sessions_states(random.Random("sessions"))
    old = write_ahead_log(1024, 41, (0x4C454429, 0x0BADCAFE), ledger[:7])
    new = write_ahead_log(1024, 42, (0x4C45442A, 0x7E57AB1E), ledger[6:10], ledger[10])
    log = write_ahead_log(1024, 6, (0x53455306, 0x00C0FFEE), sessions[:5], sessions[5])
    assert len(old) > len(new)
    assert opened_by_sqlite(ledger[6], new, ["entries"]) == rows_of(ledger[9], ["entries"])
    assert opened_by_sqlite(ledger[6], old, ["entries"]) == rows_of(ledger[6], ["entries"])  # the silent trap
    assert opened_by_sqlite(sessions[0], log, ["sessions"]) == rows_of(sessions[4], ["sessions"])
    entries, open_now = rows_of(ledger[9], ["entries"])["entries"], rows_of(sessions[4], ["sessions"])["sessions"]
    files = {"#131074": ledger[6], "#131077": old, "#131079": sessions[0], "#131080": SERVICE_LOG.encode(),
             "#131082": new, "#131085": log}
    put_task("t2-enriched", "lost+found", files, {
        "/app/recovered/ledger.db": (ledger[9], ["entries"], {"application_id": 0x6C656467, "user_version": 12}),
        "/app/recovered/sessions.db": (sessions[4], ["sessions"], {"application_id": 0x73657373, "user_version": 4})},
        {"entries": len(entries), "balance_cents": sum(row[2] for row in entries),
         "sessions": len(open_now), "open_sessions": sum(row[3] is None for row in open_now)})


# T3: both files lost their first 32 bytes, and the log still holds the end of an older, longer one.

STAMP = b"EVC1 case 2024-117 item 0001/02\n"


def variant():
    chance = random.Random("registry")
    assert len(STAMP) == 32

    def enrolled(first, count):
        return [("INSERT INTO devices VALUES (?, ?, ?, ?)",
                 (f"dev-{number:04d}", chance.choice(["gate", "meter", "camera"]), chance.randbytes(16).hex(), 1))
                for number in range(first, first + count)]

    schema = [("CREATE TABLE devices (name TEXT PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, "
               "epoch INTEGER NOT NULL)", ()), ("CREATE INDEX devices_by_kind ON devices (kind)", ())]

    def rekeyed(step, epoch):
        return [("UPDATE devices SET epoch = ?, key = ? WHERE rowid % 7 = ?",
                 (epoch, chance.randbytes(16).hex(), step))]

    identity = {"application_id": 0x72656769, "user_version": 31}
    older = [schema + enrolled(1, 60), enrolled(61, 8)] + [rekeyed(step, step + 1) for step in range(1, 6)]
    newer = [enrolled(69, 6), [("DELETE FROM devices WHERE name LIKE '%19'", ())], rekeyed(6, 8)]
    unfinished = [("UPDATE devices SET epoch = 99 WHERE name < 'dev-0030'", ())] + enrolled(900, 2)
    states, at = history(512, identity, [*older, *newer, unfinished]), len(older) - 1
    old = write_ahead_log(512, 0x2F0, (0xDE71CE01, 0x11223344), states[:at + 1])
    new = write_ahead_log(512, 0x2F1, (0xDE71CE02, 0x99AA55EE), states[at:-1], states[-1])
    base, log, final = states[at], reused(new, old), states[-2]
    assert opened_by_sqlite(base, log, ["devices"]) == rows_of(final, ["devices"])
    leftover = log[len(new):]
    assert any(any(leftover[place + 4:place + 8]) for place in range(0, len(leftover), 536)), "no stale commit"
    rows = in_memory(final).execute("SELECT * FROM devices").fetchall()
    put_task("t3-variant", "evidence", {"registry.db": STAMP + base[32:], "registry.db-wal": STAMP + log[32:]},
             {"/app/recovered/registry.db": (final, ["devices"], identity)},
             {"devices": len(rows), "newest": max(row[0] for row in rows),
              "highest_epoch": max(row[3] for row in rows)})


if __name__ == "__main__":
    canonical()
    enriched()
    variant()
