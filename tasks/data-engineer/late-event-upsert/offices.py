"""T6: each office sends its changes in the dialect of its own tables, and by its own clock."""
from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from changes import (NOTES, PLACES, UTC, Change, World, bites, clock_text, folded, offsets, put_truth, records)
from instance import Instance

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
    other = load / 1000 if load >= 1000 else load * 1000 if load % 1 else load
    return fields | {"load": f"{other:.3f}"}


def turned(at: datetime, office: Office) -> datetime:
    wall = office.wall(at)
    return wall.replace(day=wall.month, month=wall.day) - timedelta(minutes=office.offset)
