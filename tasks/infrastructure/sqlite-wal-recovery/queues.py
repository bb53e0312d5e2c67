"""T1 and T5: a job queue whose host lost power. In T5 the queue's own repair command is at hand."""
from __future__ import annotations

import json
import random

from case import put_case, salts
from instance import Instance
from walfile import history, opened_by_sqlite, reused, rows_of, write_ahead_log

QUEUES = [("queue", "jobs", "job"), ("outbox", "messages", "message"), ("spool", "tickets", "ticket"),
          ("intake", "orders", "order")]
MENDABLE = [("dispatch", "calls", "call"), ("kitchen", "dishes", "dish"), ("transfer", "uploads", "upload"),
            ("printing", "sheets", "sheet")]


def queue_states(chance: random.Random, table: str, size: int, count: int, identity: dict) -> list[bytes]:
    """The queue's file after each transaction; the last one was not finished."""
    schema = [(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL, "
               "state TEXT NOT NULL, attempts INTEGER NOT NULL)", ()),
              (f"CREATE INDEX {table}_by_state ON {table} (state, id)", ())]

    def added(first: int, number: int) -> list[tuple]:
        return [(f"INSERT INTO {table} VALUES (?, ?, ?, 'pending', 0)",
                 (place, chance.choice(["mail", "invoice", "thumbnail", "webhook"]),
                  json.dumps({"ref": chance.randrange(10**6), "to": f"tenant-{chance.randrange(90)}"})))
                for place in range(first, first + number)]

    def done(first: int, last: int) -> list[tuple]:
        return [(f"UPDATE {table} SET state = 'done', attempts = attempts + 1 WHERE id BETWEEN ? AND ?", (first, last))]

    return history(size, identity, [
        schema + added(1, count), done(1, 25), added(count + 1, 12), done(26, 40),
        [(f"DELETE FROM {table} WHERE id <= ?", (chance.randrange(6, 16),))] + added(count + 13, 9),
        [(f"UPDATE {table} SET state = 'failed' WHERE id = 44", ())],
        done(41, 43) + added(count + 22, 5), [(f"UPDATE {table} SET state = 'lost'", ())] + added(count + 27, 30)])


def report_of(table: str, item: str, rows: list[list]) -> dict:
    return {table: len(rows), f"last_{item}": rows[-1][0], "pending": sum(row[3] == "pending" for row in rows)}


def canonical(instance: Instance) -> None:
    chance = instance.chance
    name, table, item = chance.choice(QUEUES)
    size, count = chance.choice([1024, 2048, 4096]), chance.randrange(50, 80)
    states = queue_states(chance, table, size, count,
                          {"application_id": 0x71756575, "user_version": chance.randrange(2, 40)})
    log = write_ahead_log(size, chance.randrange(2, 99), salts(chance), states[:-1], states[-1])
    base, final = states[0], states[-2]
    rows = rows_of(final, [table])
    assert opened_by_sqlite(base, log, [table]) == rows
    instance.put_texts(name=name, table=table, item=item)
    put_case(instance, "incident", {f"{name}.db": base, f"{name}.db-wal": log},
             {f"/app/recovered/{name}.db": (final, [table], {})}, report_of(table, item, rows[table]))


def adversarial(instance: Instance) -> None:
    chance = instance.chance
    name, table, item = chance.choice(MENDABLE)
    size, count, sequence = chance.choice([1024, 2048]), chance.randrange(50, 80), chance.randrange(2, 99)
    identity = {"application_id": chance.randrange(1, 1 << 31), "user_version": chance.randrange(2, 40)}
    states = queue_states(chance, table, size, count, identity)
    # The log was begun anew over a longer one, whose last frames still follow.
    earlier = write_ahead_log(size, sequence, salts(chance), [states[2], *states[:3]] * 3)
    log = write_ahead_log(size, sequence + 1, salts(chance), states[2:-1], states[-1])
    log = reused(log, earlier) if len(earlier) > len(log) else log
    base, final = states[2], states[-2]
    rows = rows_of(final, [table])
    assert opened_by_sqlite(base, log, [table]) == rows
    instance.put_texts(name=name, table=table, item=item)
    put_case(instance, "incident", {f"{name}.db": base, f"{name}.db-wal": log},
             {f"/app/recovered/{name}.db": (final, [table], identity)}, report_of(table, item, rows[table]),
             evidence_kind="process")
