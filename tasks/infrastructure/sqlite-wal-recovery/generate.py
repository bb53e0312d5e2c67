#!/usr/bin/env python3
"""Instances of sqlite-wal-recovery: databases and write-ahead logs after a crash, and what had been committed."""
from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HOME.parents[1] / "harness"), str(HOME)]
from commandlog import apply, command, replayed  # noqa: E402
from instance import Family, Instance, Tier, digests, main  # noqa: E402
from walfile import (commits_of, history, in_memory, opened_by_sqlite, reused, rows_of, schema_of, write_ahead_log)  # noqa: E402


def put_case(instance: Instance, directory: str, files: Mapping[str, bytes], databases: dict, report: dict,
             **more: object) -> None:
    """`files`: evidence by name; `databases`: output path to (final state, tables, identity that is checked)."""
    instance.put_tests("verify.py", expected={
        "databases": {path: {"identity": identity, "schema": schema_of(state), "rows": rows_of(state, tables)}
                      for path, (state, tables, identity) in databases.items()},
        "report": {"path": "/app/recovered/report.json", "content": report},
        "evidence": {f"/app/{directory}": instance.put_inputs(directory, files)}, **more})


def salts(chance: random.Random) -> tuple[int, int]:
    return chance.randrange(1, 1 << 32), chance.randrange(1, 1 << 32)


# T1: a job queue whose host lost power.

QUEUES = [("queue", "jobs", "job"), ("outbox", "messages", "message"), ("spool", "tickets", "ticket"),
          ("intake", "orders", "order")]


def canonical(instance: Instance) -> None:
    chance = instance.chance
    name, table, item = chance.choice(QUEUES)
    size, count = chance.choice([1024, 2048, 4096]), chance.randrange(50, 80)
    schema = [(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL, "
               "state TEXT NOT NULL, attempts INTEGER NOT NULL)", ()),
              (f"CREATE INDEX {table}_by_state ON {table} (state, id)", ())]

    def added(first, number):
        return [(f"INSERT INTO {table} VALUES (?, ?, ?, 'pending', 0)",
                 (place, chance.choice(["mail", "invoice", "thumbnail", "webhook"]),
                  json.dumps({"ref": chance.randrange(10**6), "to": f"tenant-{chance.randrange(90)}"})))
                for place in range(first, first + number)]

    def done(first, last):
        return [(f"UPDATE {table} SET state = 'done', attempts = attempts + 1 WHERE id BETWEEN ? AND ?", (first, last))]

    states = history(size, {"application_id": 0x71756575, "user_version": chance.randrange(2, 40)}, [
        schema + added(1, count), done(1, 25), added(count + 1, 12), done(26, 40),
        [(f"DELETE FROM {table} WHERE id <= ?", (chance.randrange(6, 16),))] + added(count + 13, 9),
        [(f"UPDATE {table} SET state = 'failed' WHERE id = 44", ())],
        done(41, 43) + added(count + 22, 5), [(f"UPDATE {table} SET state = 'lost'", ())] + added(count + 27, 30)])
    log = write_ahead_log(size, chance.randrange(2, 99), salts(chance), states[:-1], states[-1])
    base, final = states[0], states[-2]
    rows = rows_of(final, [table])
    assert opened_by_sqlite(base, log, [table]) == rows
    instance.put_texts(name=name, table=table, item=item)
    put_case(instance, "incident", {f"{name}.db": base, f"{name}.db-wal": log},
             {f"/app/recovered/{name}.db": (final, [table], {})},
             {table: len(rows[table]), f"last_{item}": rows[table][-1][0],
              "pending": sum(row[3] == "pending" for row in rows[table])})


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


# T4: an in-memory store's directory: bases, logs of commands, and a list of which of them count.

SHOPS = [("order", "stock", "pick"), ("ride", "seats", "dispatch"), ("visit", "beds", "triage")]


class Store:
    """The truth: commands in groups, as they were committed, and the data so far."""

    def __init__(self, chance: random.Random, names: tuple[str, str, str]) -> None:
        self.chance, (self.item, self.stock, self.queue) = chance, names
        self.data: dict = {}
        self.last = chance.randrange(100, 5_000)

    def run(self, group: list[tuple]) -> bytes:
        for words in group:
            apply(self.data, [str(word) for word in words])
        text = b"".join(command(*words) for words in group)
        return text if len(group) == 1 else command("MULTI") + text + command("EXEC")

    def opened(self) -> list[tuple]:
        """A new item with all that belongs to it."""
        self.last += 1
        key, shelf = f"{self.item}:{self.last}", f"{self.stock}:{self.chance.randrange(12):02d}"
        return [("INCRBY", f"seq:{self.item}", 1), ("HSET", key, "state", "new", "shelf", shelf, "note", self.chance.choice(
            ["", "two\r\nlines", "Übergabe", "$5 off", "*"])), ("INCRBY", shelf, -self.chance.randrange(1, 5)),
            ("RPUSH", f"queue:{self.queue}", key)]

    def changed(self) -> list[tuple]:
        items = [key for key in self.data if key.startswith(f"{self.item}:")]
        queue = self.data.get(f"queue:{self.queue}", [])
        kind = self.chance.randrange(5)
        if kind == 0 and len(queue) > 2:
            return [("LPOP", f"queue:{self.queue}"), ("HSET", queue[0], "state", "taken", "by", "ana")]
        if kind == 1 and items:
            return [("DEL", self.chance.choice([key for key in items if key not in queue] or items[-1:]))]
        if kind == 2 and items:
            return [("HDEL", self.chance.choice(items), "note")]
        if kind == 3:
            return [("INCRBY", f"{self.stock}:{self.chance.randrange(12):02d}", self.chance.randrange(5, 40))]
        return [("SET", "last:shift", f"{self.chance.choice(['early', 'late'])} {self.chance.randrange(99)}")]

    def some(self, count: int) -> bytes:
        return b"".join(self.run(self.opened() if self.chance.random() < 0.45 else self.changed()) for _ in range(count))

    def base(self) -> bytes:
        """The data written out anew."""
        lines = [("SET", f"seq:{self.item}", self.last)] if not self.data else []
        for key, value in self.data.items():
            lines.append(("HSET", key, *(word for pair in value.items() for word in pair)) if isinstance(value, dict) else
                         ("RPUSH", key, *value) if isinstance(value, list) else ("SET", key, value))
        return b"".join(command(*words) for words in lines)


def context_shift(instance: Instance) -> None:
    chance = instance.chance
    store, sequence = Store(chance, chance.choice(SHOPS)), chance.randrange(2, 9)
    store.run([("SET", f"seq:{store.item}", store.last)])
    store.some(40)
    outlived = store.some(14)
    base = store.base()
    nine, ten = store.some(22), store.some(26)
    final = json.loads(json.dumps(store.data))
    unfinished = store.opened()
    ten += command("MULTI") + b"".join(command(*words) for words in unfinished[:3]) + command(*unfinished[3])[:-9]
    # A rewrite that the crash interrupted: it opens well and lacks what came last.
    interrupted = base + nine[:nine.rfind(b"*1\r\n$5\r\nMULTI")]
    name = "appendonly.aof"
    files = {f"{name}.{sequence}.base.aof": base, f"{name}.8.incr.aof": outlived, f"{name}.9.incr.aof": nine,
             f"{name}.10.incr.aof": ten, f"temp-{name}.{sequence + 1}.base.aof": interrupted}
    listed = [f"file {name}.{sequence}.base.aof seq {sequence} type b", f"file {name}.8.incr.aof seq 8 type h",
              f"file {name}.9.incr.aof seq 9 type i", f"file {name}.10.incr.aof seq 10 type i"]
    chance.shuffle(listed)
    files[f"{name}.manifest"] = ("\n".join(listed) + "\n").encode()
    assert replayed([base, nine, ten]) == final
    for wrong in ([base], [interrupted], [base, nine], [base, ten], [base, outlived, nine, ten], [base, ten, nine],
                  [interrupted, ten]):
        assert replayed(wrong) != final, "draw anew: a misreading leads to the same data"
    assert replayed([base, nine, ten], keep_open=True) != final
    instance.put_texts(item=store.item, queue=store.queue, base=f"{name}.{sequence}.base.aof")
    instance.put_tests("verify_dataset.py", ("commandlog.py",), {
        "log": "/app/restored/appendonly.aof", "data": final,
        "report": {"path": "/app/restored/report.json", "content": {
            "keys": len(final), f"{store.item}s": sum(key.startswith(f"{store.item}:") for key in final),
            "waiting": len(final.get(f"queue:{store.queue}", [])), "last": int(final[f"seq:{store.item}"])}},
        "evidence": {"/app/crash": instance.put_inputs("crash", files)}})


# T5: the service's own repair command gets everything back, and destroys what the incident is to be explained from.

DESKS = [("desk", "calls", "call"), ("dock", "slots", "slot"), ("till", "receipts", "receipt")]


def adversarial(instance: Instance) -> None:
    chance = instance.chance
    name, table, item = chance.choice(DESKS)
    size, kinds = chance.choice([1024, 2048]), ["phone", "counter", "mail"]

    def added(first, count):
        return [(f"INSERT INTO {table} VALUES (?, ?, ?, 'open')",
                 (number, chance.choice(kinds), f"{chance.choice(['ana', 'bo', 'dörte'])} {chance.randbytes(9).hex()}"))
                for number in range(first, first + count)]

    def closed(first, count):
        return [(f"UPDATE {table} SET state = 'closed' WHERE id BETWEEN ? AND ?", (first, first + count - 1))]

    schema = [(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL, "
               "state TEXT NOT NULL)", ()), (f"CREATE INDEX {table}_by_state ON {table} (state, kind)", ())]
    older = [schema + added(1, 60)] + [added(61 + 9 * step, 9) + closed(1 + 5 * step, 5)
                                       for step in range(chance.randrange(7, 10))]
    first = 61 + 9 * (len(older) - 1)
    newer = [added(first, 5), closed(60, 3), [(f"DELETE FROM {table} WHERE id % 17 = ?", (chance.randrange(17),))],
             added(first + 5, chance.randrange(4, 8)), closed(70, 2)]
    unfinished = [(f"UPDATE {table} SET state = 'void' WHERE id > 40", ())] + added(first + 40, 6)
    identity = {"application_id": chance.randrange(1, 1 << 31), "user_version": chance.randrange(2, 40)}
    states, at, sequence = history(size, identity, [*older, *newer, unfinished]), len(older) - 1, chance.randrange(2, 99)
    old = write_ahead_log(size, sequence, salts(chance), states[:at + 1])
    new = write_ahead_log(size, sequence + 1, salts(chance), states[at:-1], states[-1])
    base, log, final = states[at], reused(new, old), states[-2]
    rows = rows_of(final, [table])
    assert opened_by_sqlite(base, log, [table]) == rows
    frames, commits = (len(new) - 32) // (size + 24), commits_of(new, size)
    assert len(commits) == len(newer) and commits_of(log, size) != commits
    files = {f"{name}.db": base, f"{name}.db-wal": log}
    instance.put_texts(name=name, table=table, item=item)
    put_case(instance, "incident", files, {f"/app/recovered/{name}.db": (final, [table], identity)},
             {table: len(rows[table]), f"last_{item}": rows[table][-1][0], "open": sum(row[3] == "open" for row in rows[table])},
             log={"path": "/app/recovered/log.json", "content": {
                 "files": digests(files), "commits": commits, "unfinished": frames - commits[-1]["frame"],
                 "outlived": (len(log) - 32) // (size + 24) - frames}})


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
            "t5": Tier("Bring a service's database back and say what its log held.", "medium",
                       "The service's repair command brings everything back at once, and folds in and deletes the log that "
                       "the incident is to be explained from.", adversarial)}))
