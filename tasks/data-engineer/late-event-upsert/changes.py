"""Things, changes to them that arrive late and twice, and the table they lead to."""
from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from instance import Instance

UTC = timezone.utc
PLACES = ["Bremen", "São Paulo", "Łódź", "Kyōto", 'Bay "4"', "Dock 7, north", "Zürich; HB", ""]
NOTES = ["call first", "fragile, glass", 'marked "open"', "", "see mail\n2 of 3", "über Hof", "paid – in part", "a;b"]
THEMES = [
    ("shipments", "shipment", "SH-", {"status": ["booked", "loaded", "at sea", "customs"], "place": PLACES,
                                      "note": NOTES}),
    ("devices", "device", "dv", {"mode": ["idle", "armed", "service"], "firmware": ["1.9", "1.10", "2.0"],
                                 "site": PLACES}),
    ("tickets", "ticket", "T", {"owner": ["ana", "bo", "chidi", "dörte"], "queue": ["red", "blue"], "remark": NOTES}),
    ("bookings", "booking", "B-0", {"guest": ["Ito", "Nuñez", "O'Hara"], "room": ["101", "007", "2E1"], "wish": NOTES}),
    ("contracts", "contract", "K", {"plan": ["basic", "plus"], "seat": PLACES,
                                    "contact": ["x@a.example", "y@b.example"]}),
]


@dataclass
class Change:
    """The truth about one change; `fields` is None for a delete."""
    number: int
    name: str
    at: datetime
    fields: dict[str, str | None] | None


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def with_offset(at: datetime, minutes: int) -> str:
    text = at.astimezone(timezone(timedelta(minutes=minutes))).isoformat()
    return text.replace("+00:00", "Z")


def folded(changes: list[Change], base: dict[str, dict] | None = None) -> dict[str, dict]:
    """Name to fields and changed_at, once the changes are applied in the order in which they were made."""
    rows = {name: dict(row) for name, row in (base or {}).items()}
    for change in sorted(changes, key=lambda change: (change.at, change.number)):
        if change.fields is None:
            rows.pop(change.name, None)
        else:
            rows.setdefault(change.name, {}).update(change.fields, changed_at=stamp(change.at))
    return rows


def records(rows: dict[str, dict], columns: list[str]) -> list[list[str]]:
    return [[name, *(rows[name].get(column) or "" for column in columns[1:])] for name in sorted(rows)]


def csv_text(lines: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(lines)
    return out.getvalue()


class World:
    """A theme and changes to its things, as one instance has them."""

    def __init__(self, chance: random.Random, themes: list[tuple] = THEMES) -> None:
        self.chance = chance
        self.noun, self.key, prefix, pools = chance.choice(themes)
        names = list(pools)
        chance.shuffle(names)
        self.pools = {name: pools[name] for name in names}
        self.columns = [self.key, *names, "changed_at"]
        self.names = [f"{prefix}{number:03d}" for number in sorted(chance.sample(range(1, 999), 26))]

    def fields(self) -> dict[str, str | None]:
        chosen = self.chance.sample(list(self.pools), self.chance.choice([1, 1, 2]))
        return {name: self.chance.choice(self.pools[name]) or None for name in chosen}

    def changes(self, count: int, start: datetime, hours: float, first: int) -> list[Change]:
        """Changes at random seconds, some at the same one, one in eight a delete; numbers do not follow time."""
        numbers = self.chance.sample(range(first, first + 3 * count), count)
        made = []
        for number in numbers:
            at = start + timedelta(seconds=self.chance.randrange(int(hours * 3600)))
            name = self.chance.choice(self.names)
            if made and self.chance.random() < 0.08:
                at, name = made[-1].at, made[-1].name
            made.append(Change(number, name, at, None if self.chance.random() < 0.12 else self.fields()))
        return made

    def late(self, changes: list[Change]) -> list[Change]:
        """In order of arrival: most soon, some a day or more after they were made; one in ten arrives twice."""
        sent = changes + [change for change in changes if self.chance.random() < 0.1]
        delay = [timedelta(hours=self.chance.choice([0.1, 1, 3, 9, 40]) * self.chance.random()) for _ in sent]
        order = sorted(range(len(sent)), key=lambda at: (sent[at].at + delay[at], at))
        return [sent[at] for at in order]

    def line(self, change: Change, offset: int) -> str:
        record = {"change": change.number, self.key: change.name, "at": with_offset(change.at, offset)}
        record |= {"op": "delete"} if change.fields is None else {"op": "set", "set": change.fields}
        return json.dumps(record, ensure_ascii=False)


def offsets(chance: random.Random) -> list[int]:
    """Clocks far enough apart that their local times do not sort like the instants."""
    return [0, chance.choice([330, 345, 540, 570]), chance.choice([-480, -300, -210])]


def bites(changes: list[Change], arrival: list[Change], texts: list[str], columns: list[str]) -> bool:
    """Whether the usual wrong orders lead to other tables: arrival, and local time as text."""
    truth = records(folded(changes), columns)
    as_text = [arrival[at] for at in sorted(range(len(texts)), key=lambda at: (texts[at], at))]
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    for order in (arrival, as_text):
        wrong = [Change(at, change.name, moment, change.fields) for at, change in enumerate(order)]
        found = [row[:-1] for row in records(folded(wrong), columns)]
        if sum(row not in found for row in (row[:-1] for row in truth)) < 3:
            return False
    return True


def lines_of(world: World, changes: list[Change]) -> tuple[list[Change], list[str]]:
    zones = offsets(world.chance)
    arrival = world.late(changes)
    return arrival, [world.line(change, world.chance.choice(zones)) for change in arrival]


def texts_of(lines: list[str]) -> list[str]:
    return [json.loads(line)["at"] for line in lines]


def clock_text(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{hours} h{f' {rest} min' if rest else ''} {'ahead of' if minutes > 0 else 'behind'} UTC"


def put_truth(instance: Instance, world: World, rows: dict, untouched: dict, summary: dict,
              place: str = "/app/out", **more: object) -> None:
    instance.put_tests("verify.py", expected={
        "table": f"{place}/{world.noun}.csv", "columns": world.columns, "records": records(rows, world.columns),
        "summary": {"path": f"{place}/summary.json", "content": summary}, "untouched": untouched,
        **more})
