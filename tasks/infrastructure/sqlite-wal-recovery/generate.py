#!/usr/bin/env python3
"""Instances of sqlite-wal-recovery: databases and write-ahead logs after a crash, and what had been committed."""
from __future__ import annotations

import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
TASKS = HOME.parents[1]
sys.path[:0] = [str(TASKS / "harness"), str(HOME), str(TASKS / "data-engineer/late-event-upsert")]
from case import put_case, salts  # noqa: E402
from instance import Family, Instance, Tier, main  # noqa: E402
from queues import adversarial, canonical  # noqa: E402
from sites import composition  # noqa: E402
from store import context_shift  # noqa: E402
from walfile import history, in_memory, opened_by_sqlite, reused, rows_of, write_ahead_log  # noqa: E402


# T2: nameless files after a file system check: two databases, three logs, one of them outlived.

def ledger_states(chance, size, identity):
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
    return history(size, identity, steps)


def sessions_states(chance, size, identity):
    def opened(first, count):
        return [("INSERT INTO sessions VALUES (?, ?, ?, ?)",
                 (f"{first + number:04d}-{chance.randrange(16**8):08x}", f"user{chance.randrange(40)}",
                  1_717_200_000 + 60 * (first + number), None)) for number in range(count)]

    schema = [("CREATE TABLE sessions (token TEXT PRIMARY KEY, login TEXT NOT NULL, opened INTEGER NOT NULL, "
               "closed INTEGER) WITHOUT ROWID", ())]
    return history(size, identity, [
        schema + opened(1, 50), [("DELETE FROM sessions WHERE token < '0020'", ())], opened(51, 15),
        [("UPDATE sessions SET closed = opened + 1800 WHERE token < '0045'", ())], opened(66, 8),
        [("DELETE FROM sessions", ())]])


SERVICE_LOG = """\
2024-06-01T02:41:07Z {first}: checkpoint complete, log {old} begun anew
2024-06-01T02:58:30Z {second}: checkpoint complete, log {other} begun anew
2024-06-01T03:11:55Z {first}: checkpoint complete, log {new} begun anew
2024-06-01T03:12:40Z {first}: batch {batch} committed
2024-06-01T03:12:44Z kernel: nvme0: I/O timeout, resetting controller
"""


def enriched(instance: Instance) -> None:
    chance = instance.chance
    first, second = chance.choice(["ledger", "billing", "accounts"]), chance.choice(["sessions", "logins", "presence"])
    size, other_size = chance.choice([512, 1024]), chance.choice([1024, 2048])
    identity = {"application_id": chance.randrange(1, 1 << 31), "user_version": chance.randrange(2, 40)}
    other_identity = {"application_id": chance.randrange(1, 1 << 31), "user_version": chance.randrange(2, 40)}
    ledger, sessions = ledger_states(chance, size, identity), sessions_states(chance, other_size, other_identity)
    split, sequence, other = chance.randrange(6, 9), chance.randrange(20, 200), chance.randrange(2, 19)
    old = write_ahead_log(size, sequence, salts(chance), ledger[:split + 1])
    new = write_ahead_log(size, sequence + 1, salts(chance), ledger[split:10], ledger[10])
    log = write_ahead_log(other_size, other, salts(chance), sessions[:5], sessions[5])
    assert len(old) > len(new)
    assert opened_by_sqlite(ledger[split], new, ["entries"]) == rows_of(ledger[9], ["entries"])
    # The silent trap: the outlived log replays as well, and ends where the database already is.
    assert opened_by_sqlite(ledger[split], old, ["entries"]) == rows_of(ledger[split], ["entries"])
    assert opened_by_sqlite(sessions[0], log, ["sessions"]) == rows_of(sessions[4], ["sessions"])
    entries, open_now = rows_of(ledger[9], ["entries"])["entries"], rows_of(sessions[4], ["sessions"])["sessions"]
    text = SERVICE_LOG.format(first=first, second=second, old=sequence, new=sequence + 1, other=other, batch=split + 1)
    names = [f"#{number}" for number in sorted(chance.sample(range(131_000, 131_999), 6))]
    contents = [ledger[split], old, sessions[0], text.encode(), new, log]
    chance.shuffle(contents)
    files = dict(zip(names, contents))
    instance.put_texts(first=first, second=second, log=names[contents.index(text.encode())])
    put_case(instance, "lost+found", files, {
        f"/app/recovered/{first}.db": (ledger[9], ["entries"], identity),
        f"/app/recovered/{second}.db": (sessions[4], ["sessions"], other_identity)},
        {"entries": len(entries), "balance_cents": sum(row[2] for row in entries),
         "sessions": len(open_now), "open_sessions": sum(row[3] is None for row in open_now)})


# T3: both files lost their first 32 bytes, and the log still holds the end of an older, longer one.

def variant(instance: Instance) -> None:
    chance = instance.chance
    name, size = chance.choice(["registry", "inventory", "directory"]), chance.choice([512, 1024])
    stamp = f"EVC1 case 2024-{chance.randrange(100, 999)} item 0001/02\n".encode()
    assert len(stamp) == 32

    def enrolled(first, count):
        return [("INSERT INTO devices VALUES (?, ?, ?, ?)",
                 (f"dev-{number:04d}", chance.choice(["gate", "meter", "camera"]), chance.randbytes(16).hex(), 1))
                for number in range(first, first + count)]

    schema = [("CREATE TABLE devices (name TEXT PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, "
               "epoch INTEGER NOT NULL)", ()), ("CREATE INDEX devices_by_kind ON devices (kind)", ())]

    def rekeyed(step, epoch):
        return [("UPDATE devices SET epoch = ?, key = ? WHERE rowid % 7 = ?",
                 (epoch, chance.randbytes(16).hex(), step))]

    identity = {"application_id": chance.randrange(1, 1 << 31), "user_version": chance.randrange(2, 90)}
    older = [schema + enrolled(1, 60), enrolled(61, 8)] + [rekeyed(step, step + 1) for step in range(1, 6)]
    newer = [enrolled(69, 6), [("DELETE FROM devices WHERE name LIKE '%19'", ())], rekeyed(6, 8)]
    unfinished = [("UPDATE devices SET epoch = 99 WHERE name < 'dev-0030'", ())] + enrolled(900, 2)
    states, at = history(size, identity, [*older, *newer, unfinished]), len(older) - 1
    old = write_ahead_log(size, 0x2F0, salts(chance), states[:at + 1])
    new = write_ahead_log(size, 0x2F1, salts(chance), states[at:-1], states[-1])
    base, log, final = states[at], reused(new, old), states[-2]
    assert opened_by_sqlite(base, log, ["devices"]) == rows_of(final, ["devices"])
    leftover = log[len(new):]
    assert any(any(leftover[place + 4:place + 8]) for place in range(0, len(leftover), size + 24)), "no stale commit"
    rows = in_memory(final).execute("SELECT * FROM devices").fetchall()
    instance.put_texts(name=name)
    put_case(instance, "evidence", {f"{name}.db": stamp + base[32:], f"{name}.db-wal": stamp + log[32:]},
             {f"/app/recovered/{name}.db": (final, ["devices"], identity)},
             {"devices": len(rows), "newest": max(row[0] for row in rows),
              "highest_epoch": max(row[3] for row in rows)})


if __name__ == "__main__":
    main(Family(
        home=HOME, keywords=("sqlite", "recovery", "write-ahead log"),
        procedure="Work on copies of database and log together; check which log belongs (sequence, salts, checksums) "
                  "before opening; replay to the last valid commit and no further; check integrity; deliver one "
                  "file that "
                  "stands alone.",
        tiers={
            "t1": Tier("Bring a job queue back from a database and its write-ahead log after a power cut.", "easy",
                       "The database alone opens well and lacks most of the work; opening it where it lies "
                       "folds the log "
                       "in and deletes the evidence.", canonical),
            "t2": Tier("Bring two services' databases back from the nameless files that a file system check saved.",
                       "medium",
                       "An outlived, larger log of the same database replays without complaint and loses the last "
                       "batches.", enriched),
            "t3": Tier("Bring a device registry back from evidence whose files lost their first bytes.", "hard",
                       "SQLite takes neither file; the log ends in an unfinished transaction followed by commits of an "
                       "older log.", variant),
            "t4": Tier("Bring an in-memory store's data back from the directory it kept its commands in.", "medium",
                       "A file that an interrupted rewrite left opens well and lacks the end; an outlived log counts "
                       "twice; 10 follows 9; the last group never ended.", context_shift),
            "t5": Tier("Bring a queue back whose own repair command is at hand.", "medium",
                       "The repair command brings everything back at once where it lies, and folds in and deletes the "
                       "log that the incident is to be explained from.", adversarial),
            "t6": Tier("Bring two sites' databases back after a crash and make one of them.", "hard",
                       "Each database opens well without its log and lacks a third of the changes; each shows what "
                       "came of applying them as they came; their clocks differ.", composition,
                       ("sqlite-wal-recovery", "late-event-upsert"))}))
