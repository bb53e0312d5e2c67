"""T6: two sites that crashed together; what each had committed has to be replayed before it can be put in order."""
from __future__ import annotations

import json
import random
from datetime import datetime

from case import put_case, salts
from changes import UTC, Change, World, bites, folded, offsets, records, with_offset
from instance import Instance
from walfile import history, opened_by_sqlite, reused, rows_of, write_ahead_log

SITES = ["north", "harbour", "hilltop", "island", "annex"]


class Site:
    """One site's database: the changes that reached it, and what it showed, applying them as they came."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.size = chance.choice([1024, 2048])
        self.identity = {"application_id": chance.randrange(1, 1 << 31), "user_version": chance.randrange(2, 40)}
        self.fields = list(world.pools)

    def schema(self) -> list[tuple]:
        return [(f"CREATE TABLE changes (change INTEGER PRIMARY KEY, {self.world.key} TEXT NOT NULL, "
                 "made TEXT NOT NULL, op TEXT NOT NULL, fields TEXT NOT NULL)", ()),
                (f"CREATE TABLE {self.world.noun} ({self.world.key} TEXT PRIMARY KEY, "
                 f"{', '.join(f'{name} TEXT' for name in self.fields)}, changed_at TEXT NOT NULL)", ())]

    def entered(self, change: Change, made: str) -> tuple:
        return ("INSERT INTO changes VALUES (?, ?, ?, ?, ?)",
                (change.number, change.name, made, "delete" if change.fields is None else "set",
                 json.dumps(change.fields or {}, ensure_ascii=False)))

    def shown(self, row: list) -> tuple:
        return f"INSERT INTO {self.world.noun} VALUES ({', '.join('?' * len(row))})", [cell or None for cell in row]

    def applied(self, change: Change, made: str) -> list[tuple]:
        noun, key = self.world.noun, self.world.key
        if change.fields is None:
            return [self.entered(change, made), (f"DELETE FROM {noun} WHERE {key} = ?", (change.name,))]
        fresh = [change.name, *[None] * len(self.fields), made]
        assignments = ", ".join(f"{name} = ?" for name in [*change.fields, "changed_at"])
        return [self.entered(change, made),
                (f"INSERT OR IGNORE INTO {noun} VALUES ({', '.join('?' * len(fresh))})", fresh),
                (f"UPDATE {noun} SET {assignments} WHERE {key} = ?",
                 (*change.fields.values(), made, change.name))]

    def crashed(self, arrival: list[tuple[Change, str]], unfinished: list[tuple[Change, str]]) -> tuple[bytes, bytes]:
        """Database and log after a crash in the middle of `unfinished`; the log once was longer."""
        groups = [arrival[at:at + 5] for at in range(0, len(arrival), 5)]
        steps = [[words for item in group for words in self.applied(*item)] for group in [*groups, unfinished]]
        steps[0] = self.schema() + steps[0]
        states, at = history(self.size, self.identity, steps), len(groups) * 2 // 3
        sequence = self.chance.randrange(2, 99)
        old = write_ahead_log(self.size, sequence, salts(self.chance), states[:at + 1])
        new = write_ahead_log(self.size, sequence + 1, salts(self.chance), states[at:-1], states[-1])
        base, log = states[at], reused(new, old) if len(old) > len(new) else new
        assert opened_by_sqlite(base, log, ["changes"]) == rows_of(states[-2], ["changes"])
        return base, log

    def merged(self, changes: list[tuple[Change, str]], rows: list[list[str]]) -> bytes:
        return history(self.size, self.identity, [[*self.schema(), *(self.entered(*item) for item in changes),
                                                   *(self.shown(row) for row in rows)]])[0]


def composition(instance: Instance) -> None:
    chance = instance.chance
    names = chance.sample(SITES, 2)
    while True:
        world = World(chance)
        start = datetime(2024, chance.randrange(1, 13), chance.randrange(1, 26), tzinfo=UTC)
        clocks = dict(zip(names, chance.sample(offsets(chance), 2)))
        made = world.changes(110, start, 36, chance.randrange(100, 900))
        home = {change.number: chance.choice(names) for change in made}
        text = {change.number: with_offset(change.at, clocks[home[change.number]]) for change in made}
        arrival = list({change.number: change for change in world.late(made)}.values())
        known = {name: [change for change in arrival if home[change.number] == name or chance.random() < 0.4]
                 for name in names}
        one_by_one = list({change.number: change for name in names for change in known[name]}.values())
        if bites(made, one_by_one, [text[change.number] for change in one_by_one], world.columns):
            break
    unfinished = [(change, with_offset(change.at, clocks[names[0]])) for change in world.changes(8, start, 60, 9_000)]
    sites = {name: Site(world, chance) for name in names}
    files = {}
    for name, lost in zip(names, (unfinished[:4], unfinished[4:])):
        reached = [(change, text[change.number]) for change in known[name]]
        files[f"{name}.db"], files[f"{name}.db-wal"] = sites[name].crashed(reached, lost)
    rows = folded(made)
    final = sites[names[0]].merged([(change, text[change.number]) for change in made], records(rows, world.columns))
    instance.put_texts(noun=world.noun, key=world.key, main=names[0], branch=names[1], columns=",".join(world.columns))
    put_case(instance, "incident", files,
             {f"/app/recovered/{world.noun}.db": (final, ["changes", world.noun], sites[names[0]].identity)},
             {"live": len(rows), "deleted": len({change.name for change in made}) - len(rows), "changes": len(made),
              "both": sum(map(len, known.values())) - len(made)})
