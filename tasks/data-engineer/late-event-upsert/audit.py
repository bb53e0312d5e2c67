"""T5: applied as it came the feed leads to the right table by luck, and to a history that never was."""
from __future__ import annotations

import random
from datetime import datetime

from changes import UTC, Change, World, csv_text, folded, offsets, put_truth, records, stamp
from instance import Instance


def history(order: list[Change], columns: list[str]) -> list[list[str]]:
    """One record for each change: number, instant and what it left behind."""
    rows: dict[str, dict] = {}
    made = []
    for change in order:
        if change.fields is None:
            rows.pop(change.name, None)
        else:
            rows.setdefault(change.name, {}).update(change.fields)
        left = rows.get(change.name, {})
        made.append([str(change.number), stamp(change.at), change.name,
                     *(left.get(name) or "" for name in columns[1:-1])])
    return made


def as_it_came(arrival: list[Change], columns: list[str]) -> list[list[str]]:
    rows: dict[str, dict] = {}
    for change in arrival:
        if change.fields is None:
            rows.pop(change.name, None)
        else:
            rows.setdefault(change.name, {}).update(change.fields, changed_at=change.at)
    return [[name, *(rows[name].get(column) or "" for column in columns[1:])] for name in sorted(rows)]


def lucky(made: list[Change], columns: list[str], chance: random.Random) -> list[Change]:
    """An order of arrival far from the one of making that ends, applied as it came, at the same table."""
    arrival, truth = list(made), as_it_came(made, columns)
    for _ in range(500):
        tried = list(arrival)
        at = chance.randrange(len(tried))
        tried.insert(max(0, at + chance.randrange(-30, 31)), tried.pop(at))
        if as_it_came(tried, columns) == truth:
            arrival = tried
    return arrival


def adversarial(instance: Instance) -> None:
    chance = instance.chance
    while True:
        world = World(chance)
        start = datetime(2024, chance.randrange(1, 13), chance.randrange(1, 26), tzinfo=UTC)
        changes = world.changes(130, start, 40, chance.randrange(100, 900))
        made = sorted(changes, key=lambda change: (change.at, change.number))
        arrival, truth = lucky(made, world.columns, chance), history(made, world.columns)
        came = {record[0]: record for record in history(arrival, world.columns)}
        if sum(came[record[0]] != record for record in truth) >= 15:
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
    rows = folded(changes)
    portal = instance.put_inputs("portal", {"current.csv": csv_text([world.columns, *records(rows, world.columns)])})
    columns = ["change", "at", *world.columns[:-1]]
    instance.put_texts(noun=world.noun, key=world.key, columns=",".join(world.columns), history=",".join(columns))
    put_truth(instance, world, rows, {"/app/feed": feed, "/app/portal": portal}, {
        "live": len(rows), "deleted": len({change.name for change in changes}) - len(rows), "changes": len(changes),
        "repeated": len(lines) - len(changes)},
        history={"path": "/app/out/history.csv", "columns": columns, "records": truth})
