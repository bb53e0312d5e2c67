#!/usr/bin/env python3
"""Instances of late-event-upsert: changes that arrive late, twice and by several clocks, and the table they lead to."""
from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HOME.parents[1] / "harness"), str(HOME)]
from changes import (  # noqa: E402
    UTC, Change, World, bites, clock_text, csv_text, folded, lines_of, offsets, put_truth, records, stamp, texts_of)
from directories import context_shift  # noqa: E402
from instance import Family, Instance, Tier, main  # noqa: E402
from offices import composition  # noqa: E402
from portal import adversarial  # noqa: E402

# Wall clocks that are set back one hour: offset before in minutes, and the instant.
SWITCHES = [(120, "2024-10-27T01:00:00Z"), (-240, "2024-11-03T06:00:00Z"), (630, "2024-04-06T16:30:00Z"),
            (-180, "2024-11-03T05:00:00Z"), (180, "2024-10-27T00:00:00Z"), (-420, "2024-11-03T09:00:00Z")]


def canonical(instance: Instance) -> None:
    while True:
        world = World(instance.chance)
        start = datetime(2024, instance.chance.randrange(1, 13), instance.chance.randrange(1, 26), tzinfo=UTC)
        changes = world.changes(170, start, 40, instance.chance.randrange(100, 900))
        arrival, lines = lines_of(world, changes)
        if bites(changes, arrival, texts_of(lines), world.columns):
            break
    third = len(lines) // 3
    parts = [lines[:third], lines[third:2 * third], lines[2 * third:]]
    feed = instance.put_inputs("feed", {f"part-{number}.jsonl": "\n".join(part) + "\n"
                                        for number, part in enumerate(parts, start=1)})
    rows = folded(changes)
    instance.put_texts(noun=world.noun, key=world.key, columns=",".join(world.columns))
    put_truth(instance, world, rows, {"/app/feed": feed}, {
        "live": len(rows), "deleted": len({change.name for change in changes}) - len(rows), "changes": len(changes),
        "repeated": len(lines) - len(changes)})


# T2: a snapshot, and three sources that each keep time in their own way.

def office_around(world: World, switch: datetime, first: int) -> list[Change]:
    """The office's changes: two each before, in the first and in the second pass of the repeated hour, and after."""
    minutes = [-170, -75, -48, -9, 4, 38, 71, 160]
    names = world.chance.sample(world.names, len(minutes))
    return [Change(first + at, name, switch + timedelta(minutes=minute, seconds=world.chance.randrange(60)),
                   None if at == 1 else world.fields())
            for at, (minute, name) in enumerate(zip(minutes, names))]


def office_text(world: World, changes: list[Change], switch: datetime, before: int) -> str:
    fields = list(world.pools)
    lines = [["change", "made", world.key, "op", *fields]]
    for change in sorted(changes, key=lambda change: change.at):
        wall = change.at + timedelta(minutes=before if change.at < switch else before - 60)
        cells = ["=" if change.fields is None or name not in change.fields else change.fields[name] or ""
                 for name in fields]
        lines.append([f"o{change.number}", wall.strftime("%Y-%m-%d %H:%M:%S"), change.name,
                      "delete" if change.fields is None else "set", *cells])
    return csv_text(lines)


def scanner_text(world: World, arrival: list[Change]) -> str:
    lines = []
    for change in arrival:
        head = [f"s{change.number}", str(int(change.at.timestamp()) * 1000), change.name]
        if change.fields is None:
            lines.append([*head, "delete", "", ""])
        lines += [[*head, "set", name, value or ""] for name, value in (change.fields or {}).items()]
    at = world.chance.randrange(len(lines) // 3)
    lines.insert(at + 9, lines.pop(at))  # the lines of one change need not stand together
    return csv_text([["change", "made", world.key, "op", "field", "value"], *lines])


def portal_text(world: World, arrival: list[Change]) -> str:
    zones = offsets(world.chance)
    lines = []
    for change in arrival:
        record = json.loads(world.line(change, world.chance.choice(zones)))
        lines.append(json.dumps(record | {"change": f"p{change.number}"}, ensure_ascii=False))
    return "\n".join(lines) + "\n"


@dataclass
class Month:
    """What one T2 instance is made of: the snapshot's changes, those it holds that are sent again, and fresh ones."""
    base: dict[str, dict]
    contained: list[Change]
    sources: dict[str, list[Change]]
    office: list[Change]

    @property
    def fresh(self) -> list[Change]:
        return self.office + self.sources["portal"] + self.sources["scanner"]

    def bites(self, columns: list[str]) -> bool:
        """Whether applying the contained ones again, leaving cleared values, or a field, leads elsewhere."""
        truth = records(folded(self.fresh, self.base), columns)
        kept = [Change(change.number, change.name, change.at, change.fields and {
            name: value for name, value in change.fields.items() if value}) for change in self.fresh]
        first_only = [Change(change.number, change.name, change.at, change.fields and dict(
            list(change.fields.items())[:1])) for change in self.sources["scanner"]]
        wrong = [self.contained + self.fresh, kept, self.office + self.sources["portal"] + first_only]
        return all(records(folded(changes, self.base), columns) != truth for changes in wrong)


def month(world: World, switch: datetime, as_of: datetime) -> Month:
    chance = world.chance
    while True:
        old = world.changes(90, as_of - timedelta(days=20), 19 * 24, 1)
        contained = world.changes(24, as_of - timedelta(days=19), 18 * 24, 2000)
        office = office_around(world, switch, chance.randrange(500, 900))
        # What the office did around the repeated hour is the last word on those things.
        taken, until = {change.name for change in office}, switch - timedelta(hours=4)
        used = {change.at for change in office} | {as_of}
        sources: dict[str, list[Change]] = {"portal": [], "scanner": []}
        for source, first in (("portal", 3000), ("scanner", 6000)):
            for change in world.changes(45, as_of, 60, first):
                if change.at not in used and (change.name not in taken or change.at < until):
                    used.add(change.at)
                    sources[source].append(change)
        made = Month(folded(old + contained), contained, sources, office)
        if made.bites(world.columns):
            return made


def enriched(instance: Instance) -> None:
    chance = instance.chance
    before, switch_text = chance.choice(SWITCHES)
    switch = datetime.fromisoformat(switch_text.replace("Z", "+00:00"))
    world, as_of = World(chance), switch - timedelta(hours=chance.randrange(20, 30))
    made = month(world, switch, as_of)
    feed = instance.put_inputs("feed", {
        "portal.jsonl": portal_text(world, world.late(made.sources["portal"] + made.contained[::2])),
        "scanner.csv": scanner_text(world, world.late(made.sources["scanner"] + made.contained[1::2])),
        "office.csv": office_text(world, made.office, switch, before)})
    snapshot = csv_text([world.columns, *records(made.base, world.columns)])
    state = instance.put_inputs("state", {"snapshot.csv": snapshot})
    rows = folded(made.fresh, made.base)
    instance.put_texts(
        noun=world.noun, key=world.key, columns=",".join(world.columns), fields=",".join(world.pools),
        as_of=stamp(as_of), switch=stamp(switch), before=clock_text(before), after=clock_text(before - 60),
        before_minutes=str(before), after_minutes=str(before - 60))
    known = set(made.base) | {change.name for change in made.fresh + made.contained}
    put_truth(instance, world, rows, {"/app/feed": feed, "/app/state": state}, {
        "live": len(rows), "deleted": len(known - set(rows)), "applied": len(made.fresh),
        "contained": len(made.contained)})


# T3: a program that keeps a state, judged by the tables that batches in many orders lead to.

def variant(instance: Instance) -> None:
    world = World(instance.chance)
    start = datetime(2024, instance.chance.randrange(1, 13), instance.chance.randrange(1, 26), tzinfo=UTC)

    def batches(count: int, parts: int, first: int) -> tuple[list[Change], list[list[str]]]:
        while True:
            changes = world.changes(count, start, 40, first)
            arrival, lines = lines_of(world, changes)
            if bites(changes, arrival, texts_of(lines), world.columns):
                return changes, [lines[at * len(lines) // parts:(at + 1) * len(lines) // parts] for at in range(parts)]

    _, samples = batches(150, 3, 100)
    for number, lines in enumerate(samples, start=1):
        instance.put(f"environment/samples/batch-{number}.jsonl", "\n".join(lines) + "\n")
    changes, held_out = batches(180, 3, 2000)
    sound = held_out[0]
    cut = sound[:20] + [sound[20][:-9]] + sound[21:]
    timeless = sound[:30] + [json.dumps(json.loads(sound[30]) | {"at": "2024-03-05T10:00:00"})] + sound[31:]
    unknown = sound[:10] + [json.dumps(json.loads(sound[10]) | {"op": "merge"})] + sound[11:]
    instance.put_texts(noun=world.noun, key=world.key, columns=",".join(world.columns))
    instance.put_tests("verify_program.py", ("programs.py",), {
        "columns": world.columns, "records": records(folded(changes), world.columns), "batches": held_out,
        "damaged": {"cut_line": cut, "time_without_offset": timeless, "unknown_operation": unknown}})


if __name__ == "__main__":
    main(Family(
        home=HOME, keywords=("events", "upsert", "time zones"),
        procedure="Bring every source to one form with one clock (instants, not local text); identify each "
                  "change once; "
                  "order by when it was made, not by when it came; fold field by field, deletes included; only then "
                  "write the table.",
        tiers={
            "t1": Tier("Build the present table from a feed of late, repeated, partial changes.", "easy",
                       "Local times with offsets sort differently as text, arrival is not the order in which changes "
                       "were made, and a change that names one field replaces no others.", canonical),
            "t2": Tier("Bring a snapshot up to date from three sources that keep time differently.", "medium",
                       "The office's clock shows one hour twice, and sources send again what the snapshot already "
                       "holds.", enriched),
            "t3": Tier("Write a program that folds batches in any order into one table.", "hard",
                       "A state that holds only the present rows has forgotten deletes and the time of each field, so "
                       "batches in another order lead to another table.", variant),
            "t4": Tier("Rebuild a directory from the access logs of three servers that had lost sight of each other.",
                       "medium",
                       "Each server writes its own offset; the same operation is in several logs; file by file or by "
                       "the text of the time leads to another directory.", context_shift),
            "t5": Tier("Build the present table from a feed whose outcome the portal shows already.", "medium",
                       "Applied as they came, the changes happen to end at the fields that the portal shows; when a "
                       "thing was last changed comes of the order in which they were made.", adversarial),
            "t6": Tier("Build the present table from three offices' exports, each in a dialect and by a clock of its"
                       " own.",
                       "hard",
                       "The 4th of May reads as the 5th of April, and loads of 4.708 kg and 4708 kg alike: the changes "
                       "fall into another order without complaint; only the control lines tell.", composition,
                       ("csv-dialect-repair", "late-event-upsert"))}))
