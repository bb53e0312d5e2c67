"""T6: each office sends its changes in the dialect of its own tables, and by its own clock."""
from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from changes import NOTES, UTC, Change, World, bites, clock_text, folded, offsets, put_truth, records
from instance import Instance

LOADS = ["1250.000", "2004.000", "3070.000", "4708.000", "6120.000", "8999.000", "12.500", "940.000", "0.750"]
PLACES = ["Bremen", "São Paulo", "Köping", 'Bay "4"', "Dock 7, north", "Zürich; HB", ""]  # in every encoding's reach
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


def open_offices(chance: random.Random) -> dict[str, Office]:
    """Three offices whose dialects can be taken for each other's."""
    names = sorted(chance.sample(OFFICES, 3))
    encodings, delimiters = chance.sample(["cp1252", "utf-8-sig", "utf-16", "utf-8"], 3), chance.sample(";,\t|", 3)
    marks = chance.sample([(".", ","), (",", "."), (",", "\u00a0")], 3)
    dates, clocks = chance.sample(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"], 3), chance.sample(offsets(chance), 3)
    return {name: Office(encoding, delimiter, *mark, date, offset) for name, encoding, delimiter, mark, date, offset
            in zip(names, encodings, delimiters, marks, dates, clocks)}


def composition(instance: Instance) -> None:
    chance = instance.chance
    while True:
        world, offices = World(chance, YARDS), open_offices(chance)
        # Days that are months as well, and never the month in question: the two can be taken for each other.
        month = chance.randrange(3, 10)
        day = chance.choice([day for day in range(4, 10) if not day - 2 < month < day + 4])
        changes = world.changes(120, datetime(2024, month, day, tzinfo=UTC), 46, chance.randrange(100, 900))
        by_number = {change.number: change for change in changes}
        entered = dict.fromkeys((change.number, chance.choice(list(offices))) for change in world.late(changes))
        sent = [(by_number[number], name) for number, name in sorted(entered, key=lambda item: item[1])]
        texts = [offices[name].wall(change.at).isoformat() for change, name in sent]
        if (len(sent) - len(changes) > 3 and bites(changes, [change for change, _ in sent], texts, world.columns)
                and matters(world, changes, sent, offices)):
            break
    files = {f"{name}.txt": office.export(world, [change for change, other in sent if other == name])
             for name, office in offices.items()}
    exports, rows = instance.put_inputs("exports", files), folded(changes)
    clocks = [f"| {name} | {clock_text(office.offset) if office.offset else 'UTC'} |"
              for name, office in offices.items()]
    instance.put_texts(noun=world.noun, key=world.key, columns=",".join(world.columns), clocks="\n".join(clocks),
                       offsets=", ".join(f'"{name}": {office.offset}' for name, office in offices.items()))
    put_truth(instance, world, rows, {"/app/exports": exports}, {
        "live": len(rows), "deleted": len({change.name for change in changes}) - len(rows), "changes": len(changes),
        "repeated": len(sent) - len(changes)})


def matters(world: World, changes: list[Change], sent: list[tuple[Change, str]], offices: dict[str, Office]) -> bool:
    """Whether taking an office's days for months, its points for commas or its clock for UTC leads to other fields."""
    def table(spoilt: str, spoil: Callable[[Change], Change]) -> list[list[str]]:
        """What comes of the changes, without the times, when one office's are misread."""
        read = {change.number: spoil(change) if place == spoilt else change for change, place in sent}
        return [row[:-1] for row in records(folded(list(read.values())), world.columns)]

    truth, wrong = [row[:-1] for row in records(folded(changes), world.columns)], []
    for name, office in offices.items():
        if office.thousands == ".":
            wrong.append(table(name, lambda change: replace(change, fields=misread(change.fields))))
        if office.offset:
            wrong.append(table(name, lambda change: replace(change, at=office.wall(change.at))))
        if "/" in office.date:
            walls = [office.wall(change.at) for change, place in sent if place == name]
            if any(wall.day > 12 or wall.day == wall.month for wall in walls):
                return False
            wrong.append(table(name, lambda change: replace(change, at=turned(change.at, office))))
    return truth not in wrong


def misread(fields: dict | None) -> dict | None:
    """With 4.708 for 4708 and 12500 for 12,5."""
    if not fields or not fields.get("load"):
        return fields
    load = Decimal(fields["load"])
    other = load / 1000 if load >= 1000 else load * 1000 if load % 1 else load
    return fields | {"load": f"{other:.3f}"}


def turned(at: datetime, office: Office) -> datetime:
    wall = office.wall(at)
    return wall.replace(day=wall.month, month=wall.day) - timedelta(minutes=office.offset)
