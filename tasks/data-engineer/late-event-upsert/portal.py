"""T5: applied as it came the feed leads to the fields that the portal shows, by luck, and to other times."""
from __future__ import annotations

import random
from datetime import datetime

from changes import UTC, Change, World, csv_text, folded, offsets, put_truth, records, stamp
from instance import Instance


def as_it_came(arrival: list[Change], forgetting: bool = True) -> tuple[dict[str, dict], dict[str, datetime]]:
    """Fields and times after the changes one by one. A delete that does not forget leaves fields for a later set."""
    rows: dict[str, dict] = {}
    times: dict[str, datetime] = {}
    gone: dict[str, dict] = {}
    for change in arrival:
        if change.fields is None:
            gone[change.name] = rows.pop(change.name, {})
        else:
            row = rows.setdefault(change.name, {} if forgetting else gone.get(change.name, {}))
            row.update(change.fields)
            times[change.name] = change.at
    return rows, times


def without_times(rows: dict[str, dict], columns: list[str]) -> list[list[str]]:
    return records(rows, columns[:-1])


def lucky(made: list[Change], columns: list[str], chance: random.Random) -> list[Change]:
    """An order of arrival far from the one of making that ends, applied as it came, at the same fields."""
    arrival, truth = list(made), without_times(as_it_came(made)[0], columns)
    for _ in range(450):
        tried = list(arrival)
        at = chance.randrange(len(tried))
        tried.insert(max(0, at + chance.randrange(-30, 31)), tried.pop(at))
        if without_times(as_it_came(tried)[0], columns) == truth:
            arrival = tried
    return arrival


def adversarial(instance: Instance) -> None:
    chance = instance.chance
    while True:
        world = World(chance)
        start = datetime(2024, chance.randrange(1, 13), chance.randrange(1, 26), tzinfo=UTC)
        changes = world.changes(130, start, 40, chance.randrange(100, 900))
        made = sorted(changes, key=lambda change: (change.at, change.number))
        remembered = as_it_came(made, forgetting=False)[0]
        rows = folded(changes)
        if without_times(remembered, world.columns) == without_times(rows, world.columns):
            continue
        arrival = lucky(made, world.columns, chance)
        times = as_it_came(arrival)[1]
        if sum(stamp(times[name]) != row["changed_at"] for name, row in rows.items()) >= 3:
            break
    sent = list(arrival)
    for change in chance.sample(arrival, 14):
        sent.insert(chance.randrange(sent.index(change) + 1, len(sent) + 1), change)
    zones = offsets(chance)
    lines = [world.line(change, chance.choice(zones)) for change in sent]
    third = len(lines) // 3
    parts = [lines[:third], lines[third:2 * third], lines[2 * third:]]
    feed = instance.put_inputs("feed", {f"part-{number}.jsonl": "\n".join(part) + "\n"
                                        for number, part in enumerate(parts, start=1)})
    portal = instance.put_inputs("portal", {
        "current.csv": csv_text([world.columns[:-1], *without_times(rows, world.columns)])})
    instance.put_texts(noun=world.noun, key=world.key, columns=",".join(world.columns))
    put_truth(instance, world, rows, {"/app/feed": feed, "/app/portal": portal}, {
        "live": len(rows), "deleted": len({change.name for change in changes}) - len(rows), "changes": len(changes),
        "repeated": len(lines) - len(changes)}, process=["changed_at"])
