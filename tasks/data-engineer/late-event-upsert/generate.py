#!/usr/bin/env python3
"""Instances of late-event-upsert: changes that arrive late, twice and by several clocks, and the table they lead to."""
from __future__ import annotations

import base64
import csv
import io
import json
import random
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HOME.parents[1] / "harness"))
from instance import Family, Instance, Tier, main  # noqa: E402

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
# Wall clocks that are set back one hour: offset before in minutes, and the instant.
SWITCHES = [(120, "2024-10-27T01:00:00Z"), (-240, "2024-11-03T06:00:00Z"), (630, "2024-04-06T16:30:00Z"),
            (-180, "2024-11-03T05:00:00Z"), (180, "2024-10-27T00:00:00Z"), (-420, "2024-11-03T09:00:00Z")]


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


def put_truth(instance: Instance, world: World, rows: dict, untouched: dict, summary: dict,
              place: str = "/app/out", **more: object) -> None:
    instance.put_tests("verify.py", expected={
        "table": f"{place}/{world.noun}.csv", "columns": world.columns, "records": records(rows, world.columns),
        "summary": {"path": f"{place}/summary.json", "content": summary}, "untouched": untouched,
        **more})


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


def clock_text(minutes: int) -> str:
    hours, rest = divmod(abs(minutes), 60)
    return f"{hours} h{f' {rest} min' if rest else ''} {'ahead of' if minutes > 0 else 'behind'} UTC"


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


# T4: the access logs of directory servers, in LDIF.

DIRECTORIES = [
    ("people", "uid", "u", {"mail": ["a.ito@example.org", "b@example.net", ""], "roomNumber": ["007", "2E1", "101", ""],
                            "title": ["Ärztin", "chargé d’affaires", "clerk", " (acting) "],
                            "description": ["left\nreturned", "see file 4: open", ""]}),
    ("hosts", "cn", "srv", {"ipHostNumber": ["192.0.2.7", "192.0.2.70", "2001:db8::7"], "l": ["Zürich", "Łódź", "Kyōto", ""],
                            "owner": ["ops", "dörte", "net: core"], "description": ["spare", "rack 3\nslot 9", ""]}),
    ("printers", "cn", "lp", {"location": ["2. Étage", "cellar", ""], "ppm": ["8", "08", "40"],
                              "owner": ["ana", "björn", ""], "description": ["<drum low>", ":jams", "A4\nA3"]}),
]


def generalized(at: datetime, minutes: int) -> str:
    """The time of LDAP, with the server's offset."""
    return at.astimezone(timezone(timedelta(minutes=minutes))).strftime("%Y%m%d%H%M%S%z").replace("+0000", "Z")


def ldif_line(name: str, value: str) -> str:
    """Base64 where LDIF asks for it, folded at 56 columns."""
    plain = value.isascii() and value.isprintable() and not value.startswith((" ", ":", "<")) and not value.endswith(" ")
    line = f"{name}: {value}" if plain else f"{name}:: {base64.b64encode(value.encode()).decode()}"
    return "\n ".join([line[:56], *(line[at:at + 55] for at in range(56, len(line), 55))])


def ldif_entry(world: World, change: Change, time: str, order: int) -> str:
    kind = "delete" if change.fields is None else world.chance.choice(["add", "modify", "modify"])
    lines = [("dn", f"reqStart={time},cn=log{order}"), ("objectClass", f"audit{kind.capitalize()}"), ("reqStart", time),
             ("reqType", kind), ("reqDN", f"{world.key}={change.name},ou={world.noun},dc=example,dc=org"),
             ("reqId", str(change.number))]
    lines += [("reqMod", f"{name}:= {value}" if value else f"{name}:-") for name, value in (change.fields or {}).items()]
    return "".join(ldif_line(*line) + "\n" for line in lines)


def context_shift(instance: Instance) -> None:
    chance = instance.chance
    while True:
        world = World(chance, DIRECTORIES)
        start = datetime(2024, chance.randrange(1, 13), chance.randrange(1, 26), tzinfo=UTC)
        changes = world.changes(150, start, 40, chance.randrange(100, 900))
        clocks = dict(zip(chance.sample(["ldap-a", "ldap-b", "ldap-c", "ldap-m", "ldap-q", "ldap-x"], 3), offsets(chance)))
        sent = [(change, chance.choice(list(clocks))) for change in world.late(changes)]
        sent.sort(key=lambda item: item[1])  # one file after another: what a reader meets
        texts = [generalized(change.at, clocks[server]) for change, server in sent]
        if bites(changes, [change for change, _ in sent], texts, world.columns):
            break
    entries: dict[str, list[str]] = {server: [] for server in sorted(clocks)}
    for (change, server), text in zip(sent, texts):
        entries[server].append(ldif_entry(world, change, text, len(entries[server])))
    journal = instance.put_inputs("journal", {f"{server}.ldif": "version: 1\n\n" + "\n".join(parts)
                                              for server, parts in entries.items()})
    rows = folded(changes)
    instance.put_texts(noun=world.noun, key=world.key, columns=",".join(world.columns))
    put_truth(instance, world, rows, {"/app/journal": journal}, {
        "entries": len(rows), "removed": len({change.name for change in changes}) - len(rows),
        "operations": len(changes), "seen_twice": len(sent) - len(changes)}, "/app/directory")


# T5: applied as it came the feed leads to the right table by luck, and to a history that never was.

def history(order: list[Change], columns: list[str]) -> list[list[str]]:
    """One record for each change: number, instant and what it left behind."""
    rows: dict[str, dict] = {}
    made = []
    for change in order:
        if change.fields is None:
            rows.pop(change.name, None)
        else:
            rows.setdefault(change.name, {}).update(change.fields)
        row = rows.get(change.name, {})
        made.append([str(change.number), stamp(change.at), change.name, *(row.get(name) or "" for name in columns[1:-1])])
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


# T6: each office sends its changes in the dialect of its own tables, and by its own clock.

LOADS = [f"{kilograms}.000" for kilograms in (1_250, 2_004, 3_070, 4_708, 6_120, 8_999)] + ["12.500", "940.000", "0.750"]
YARDS = [("wagons", "wagon", "W-", {"place": PLACES, "load": LOADS, "note": NOTES}),
         ("containers", "container", "CT", {"load": LOADS, "berth": ["007", "2E1", "41", ""], "remark": NOTES}),
         ("pallets", "pallet", "p", {"bay": ["1|4", "2;1", "07"], "load": LOADS, "wish": NOTES})]
OFFICES = ["antwerp", "pune", "recife", "perth", "gdansk", "tampa"]


@dataclass
class Office:
    """The dialect of one office's export, and its clock."""
    encoding: str
    delimiter: str
    decimal: str
    thousands: str
    date: str
    offset: int

    def load(self, value: str) -> str:
        text = f"{Decimal(value):,.3f}".removesuffix(".000")
        return text.translate({ord(","): self.thousands, ord("."): self.decimal})

    def wall(self, at: datetime) -> datetime:
        return at + timedelta(minutes=self.offset)

    def made(self, at: datetime) -> str:
        return self.wall(at).strftime(f"{self.date} %H:%M:%S")

    def export(self, world: World, changes: list[Change]) -> bytes:
        """The export's order is the one in which the office entered the changes; the last line is its own count."""
        fields = list(world.pools)
        world.chance.shuffle(fields)
        lines, total = [["change", "made", world.key, "op", *fields]], Decimal(0)
        for change in changes:
            cells = dict.fromkeys(fields, "=") | {name: value or "" for name, value in (change.fields or {}).items()}
            if cells["load"] not in ("", "="):
                total += Decimal(cells["load"])
                cells["load"] = self.load(cells["load"])
            lines.append([str(change.number), self.made(change.at), change.name,
                          "delete" if change.fields is None else "set", *cells.values()])
        out = io.StringIO()
        csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n").writerows(lines)
        days = sorted(self.wall(change.at).date().isoformat() for change in changes)
        text = out.getvalue() + f"#control changes={len(changes)} days={days[0]}..{days[-1]} load={total:.3f}\r\n"
        return text.encode(self.encoding)


def composition(instance: Instance) -> None:
    chance = instance.chance
    while True:
        world = World(chance, YARDS)
        # Days and months that can be taken for each other, and differently in each office.
        month = chance.randrange(3, 10)
        start = datetime(2024, month, chance.choice([day for day in range(4, 10) if not month - 3 < day < month + 2]), tzinfo=UTC)
        changes = world.changes(120, start, 46, chance.randrange(100, 900))
        names = sorted(chance.sample(OFFICES, 3))
        dates, marks = ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"], [(".", ","), (",", "."), (",", "\u00a0")]
        chance.shuffle(dates)
        chance.shuffle(marks)
        offices = {name: Office(encoding, delimiter, *mark, date, offset) for name, encoding, delimiter, mark, date, offset in zip(
            names, chance.sample(["cp1252", "utf-8-sig", "utf-16", "utf-8"], 3), chance.sample(";,\t|", 3), marks, dates,
            chance.sample(offsets(chance), 3))}
        # cp1252 has not every letter of the places.
        fit = [change for change in changes if all(
            (value or "").encode("cp1252", "replace").decode("cp1252") == (value or "") for value in (change.fields or {}).values())]
        sent = [(change, chance.choice(names)) for change in world.late(fit)]
        sent = list(dict.fromkeys((change.number, name) for change, name in sent))
        by_number = {change.number: change for change in fit}
        sent = [(by_number[number], name) for number, name in sorted(sent, key=lambda item: item[1])]
        texts = [offices[name].wall(change.at).isoformat() for change, name in sent]
        if (len(sent) - len(fit) > 3 and bites(fit, [change for change, _ in sent], texts, world.columns)
                and matters(world, fit, sent, offices)):
            break
    files = {f"{name}.txt": office.export(world, [change for change, other in sent if other == name])
             for name, office in offices.items()}
    exports, rows = instance.put_inputs("exports", files), folded(fit)
    clocks = "\n".join(f"| {name} | {clock_text(office.offset) if office.offset else 'UTC'} |" for name, office in offices.items())
    instance.put_texts(noun=world.noun, key=world.key, columns=",".join(world.columns), clocks=clocks, offsets=", ".join(
        f'"{name}": {office.offset}' for name, office in offices.items()))
    put_truth(instance, world, rows, {"/app/exports": exports}, {
        "live": len(rows), "deleted": len({change.name for change in fit}) - len(rows), "changes": len(fit),
        "repeated": len(sent) - len(fit)})


def matters(world: World, changes: list[Change], sent: list[tuple[Change, str]], offices: dict[str, Office]) -> bool:
    """Whether taking an office's days for months, its points for commas or its clock for UTC leads to other fields."""
    truth = [row[:-1] for row in records(folded(changes), world.columns)]
    slashed = [name for name, office in offices.items() if "/" in office.date]
    pointed, = [name for name, office in offices.items() if office.thousands == "."]
    found = [[Change(change.number, change.name, change.at, misread(change.fields) if place == pointed else change.fields)
              for change, place in sent]]
    for name in (name for name, office in offices.items() if office.offset):
        offset = timedelta(minutes=offices[name].offset)
        found.append([Change(change.number, change.name, change.at + offset if place == name else change.at, change.fields)
                      for change, place in sent])
    for name in slashed:
        walls = [offices[name].wall(change.at) for change, place in sent if place == name]
        if any(wall.day > 12 or wall.day == wall.month for wall in walls):
            return False
        found.append([Change(change.number, change.name, turned(change.at, offices[name]) if place == name else change.at,
                             change.fields) for change, place in sent])
    wrong = [[row[:-1] for row in records(folded(list({change.number: change for change in order}.values())), world.columns)]
             for order in found]
    return truth not in wrong


def misread(fields: dict | None) -> dict | None:
    """With 4.708 for 4708 and 12500 for 12,5."""
    if not fields or not fields.get("load"):
        return fields
    load = Decimal(fields["load"])
    return fields | {"load": f"{load / 1000 if load >= 1000 else load * 1000:.3f}"}


def turned(at: datetime, office: Office) -> datetime:
    wall = office.wall(at)
    return wall.replace(day=wall.month, month=wall.day) - timedelta(minutes=office.offset)


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
            "t5": Tier("Build the present table and the history that led to it from a feed.", "medium",
                       "Applied as they came, the changes happen to end at the right table, and the portal shows it, too; "
                       "the history between is another.", adversarial),
            "t6": Tier("Build the present table from three offices' exports, each in a dialect and by a clock of its own.", "hard",
                       "The 4th of May reads as the 5th of April, and loads of 4.708 kg and 4708 kg alike: the changes fall into "
                       "another order without complaint; only the control lines tell.", composition,
                       ("csv-dialect-repair", "late-event-upsert"))}))
