"""T5: the service's own repair command gets everything back, and destroys what the incident is to be explained from."""
from __future__ import annotations

from case import put_case, salts
from instance import Instance, digests
from walfile import commits_of, history, opened_by_sqlite, reused, rows_of, write_ahead_log

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
    states, at = history(size, identity, [*older, *newer, unfinished]), len(older) - 1
    sequence = chance.randrange(2, 99)
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
             {table: len(rows[table]), f"last_{item}": rows[table][-1][0],
              "open": sum(row[3] == "open" for row in rows[table])},
             log={"path": "/app/recovered/log.json", "content": {
                 "files": digests(files), "commits": commits, "unfinished": frames - commits[-1]["frame"],
                 "outlived": (len(log) - 32) // (size + 24) - frames}})
