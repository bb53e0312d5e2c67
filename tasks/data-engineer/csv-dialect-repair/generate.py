#!/usr/bin/env python3
"""Instances of csv-dialect-repair: exports in the dialects of several systems, and the tables that they mean."""
from __future__ import annotations

import json
import random
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
TASKS = HOME.parents[1]
sys.path[:0] = [str(TASKS / "harness"), str(HOME), str(TASKS / "infrastructure/sqlite-wal-recovery")]
from exports import dialect, make_rows, render  # noqa: E402
from instance import Family, Instance, Tier, main  # noqa: E402
from meters import adversarial  # noqa: E402
from register import composition  # noqa: E402
from tape import context_shift  # noqa: E402
from texts import NBSP, swapped, table_text  # noqa: E402

# T1: one export of a German shop system.

CUSTOMERS = [("Bäckerei Löffelmann", "Köln"), ("Groß & Söhne GmbH", "Gießen"), ("Café Odéon", "Zürich"),
             ("Schmidt; Partner KG", "Lübeck"), ("„Zum Anker“ Gastronomie", "Bremen"), ("Øster Handel ApS", "Aarhus"),
             ("Müller, Meier & Co", "Nürnberg"), ("Dvorak & Žák", "Praha"), ("Peña Hermanos", "Málaga")]
ORDER_NOTES = ["", "", "", "Lieferung ab 7:00 – Tor 3", 'bitte "hinten" abladen; Rampe 2', "Skonto 2 %, 14 Tage",
               "Rest folgt\nTeillieferung 2 von 3", "Pfand 12,50 € enthalten", "Gutschrift zu 000388",
               "Ansprechpartner:\nHerr Weiß; Durchwahl 17"]


def german_amount(value: Decimal, chance: random.Random) -> str:
    """As people key it in: without superfluous fractions about half of the time."""
    text = f"{value:,.2f}"
    if chance.random() < 0.6:
        text = text.removesuffix(".00")
        text = text[:-1] if "." in text and text.endswith("0") else text
    return swapped(text, ".", ",")


def canonical(instance: Instance) -> None:
    chance = instance.chance
    year, month, first, step = chance.randrange(2021, 2025), chance.randrange(1, 13), \
        chance.randrange(300, 9_000), chance.randrange(2, 12)
    delimiter, at = chance.choice(";|"), [0, *chance.sample(range(1, 5), 4), 5]
    raw = [["Auftrag", "Datum", "Kunde", "Ort", "Betrag", "Bemerkung"]]
    rows = []
    for number in range(64):
        order = f"{first + step * number:06d}"
        day = date(year, month, 1) + timedelta(days=number * 27 // 63)
        cents = chance.choice([chance.randrange(100, 99_900), chance.randrange(10, 9_000) * 100,
                               chance.randrange(1, 99) * 100_000, -chance.randrange(1_000, 400_000),
                               chance.randrange(1_000, 90_000) * 10])
        amount = Decimal(cents) / 100
        customer, city = chance.choice(CUSTOMERS)
        note = chance.choice(ORDER_NOTES)
        rows.append([order, day.isoformat(), customer, city, f"{amount:.2f}", note])
        raw.append([order, day.strftime("%d.%m.%Y"), customer, city, german_amount(amount, chance), note])
    total = sum(Decimal(row[4]) for row in rows)
    text = table_text([[record[place] for place in at] for record in raw], delimiter=delimiter, lineterminator="\r\n")
    text += f"*ENDE*{delimiter}Saetze={len(rows)}{delimiter}Summe={swapped(f'{total:,.2f}', '.', ',')}\r\n"
    file = f"orders_{year}-{month:02d}.csv"
    inbox = instance.put_inputs("inbox", {file: text.encode("cp1252")})
    names = ["order", "day", "customer", "city", "value", "note"]
    instance.put_texts(file=file, delimiter=delimiter, order=", ".join(names[place] for place in at))
    instance.put_tests("verify.py", expected={
        "table": "/app/clean/orders.csv",
        "columns": ["order_id", "ordered_on", "customer", "city", "amount", "note"],
        "groups": {"identifiers": ["order_id"], "dates": ["ordered_on"], "amounts": ["amount"],
                   "names": ["customer", "city"], "notes": ["note"]},
        "summary": {"path": "/app/clean/summary.json", "content": {"orders": len(rows), "total": f"{total:.2f}"}},
        "untouched": {"/app/inbox": inbox}, "rows": rows})


# T2: three depots, each with its own habits; one of them changed systems in mid-month.

COMMENTS = ["", "", "", "pallet 4/7", 'marked "fragile"', "customs hold, see mail", "two lines\nsecond line",
            "col\ttab", "back\\slash", "returned – damaged", '"as is" sale', "bay 3|4", "net; gross differs"]
MOVEMENTS = ["depot", "movement_id", "moved_on", "sku", "quantity", "unit_price", "comment"]


def make_movements(depot: str, count: int, first: int, month: int, chance: random.Random) -> list[list]:
    rows = []
    for number in range(count):
        count_moved = chance.choice([chance.randrange(1, 90), chance.randrange(1_000, 4_000)])
        quantity = chance.choice([1, 1, 1, -1]) * count_moved
        price = Decimal(chance.choice([chance.randrange(5, 9_000), chance.randrange(100_000, 400_000)])) / 100
        day = date(2024, month, 1 + number * 28 // count)
        sku = f"{chance.randrange(1, 9_999):04d}{chance.choice(['', '-A', 'E2'])}"
        rows.append([depot, f"{first + 3 * number:07d}", day, sku, quantity, price, chance.choice(COMMENTS)])
    return rows


def us_file(rows):
    raw = [MOVEMENTS[1:]] + [[key, day.strftime("%m/%d/%Y"), sku, f"{quantity:,d}", f"{price:,.2f}", comment]
                             for _, key, day, sku, quantity, price, comment in rows]
    return table_text(raw, lineterminator="\r\n").encode("utf-8-sig")


def escaped_file(rows):
    def escaped(text):
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")

    lines = ["\t".join(MOVEMENTS[1:])]
    for _, key, day, sku, quantity, price, comment in rows:
        count = swapped(f"{abs(quantity):,d}", NBSP, ",") + ("-" if quantity < 0 else "")
        lines.append("\t".join([key, day.strftime("%d/%m/%Y"), sku, count, swapped(f"{price:,.2f}", NBSP, ","),
                                escaped(comment)]))
    return b"\xff\xfe" + "".join(line + "\n" for line in lines).encode("utf-16-le")


def mixed_file(rows, switch, again):
    """Old system before the day `switch`, the new one from then on; it sends the last `again` once more."""
    at = next(number for number, row in enumerate(rows) if row[2].day >= switch)
    old = [MOVEMENTS[1:]] + [[key, day.strftime("%d/%m/%Y"), sku, swapped(f"{quantity:,d}", ".", ","),
                              swapped(f"{price:,.2f}", ".", ","), comment]
                             for _, key, day, sku, quantity, price, comment in rows[:at]]
    order = [3, 6, 5, 4, 2, 1]
    new = [[MOVEMENTS[at] for at in order]]
    for row in rows[at - again:]:
        cells = row[:2] + [row[2].isoformat(), row[3], str(row[4]), f"{row[5]:.2f}", row[6]]
        new.append([cells[at] for at in order])
    return (table_text(old, delimiter=";", lineterminator="\r\n")
            + table_text(new, delimiter="|", lineterminator="\r\n")).encode("cp1252")


def value_of(rows):
    return sum(row[4] * row[5] for row in rows)


def enriched(instance: Instance) -> None:
    chance = instance.chance
    month, switch, again = chance.randrange(1, 13), chance.randrange(13, 20), chance.randrange(3, 9)
    us, escaped, mixed = chance.sample(["airport", "harbour", "north", "east", "ringway", "quarry", "old-town",
                                        "pier"], 3)
    moved = {mixed: make_movements(mixed, 54, chance.randrange(2, 90), month, chance),
             escaped: make_movements(escaped, 47, chance.randrange(9_000_000, 9_200_000), month, chance),
             us: make_movements(us, 50, chance.randrange(300, 900), month, chance)}
    files = {f"{mixed}.csv": mixed_file(moved[mixed], switch, again), f"{escaped}.txt": escaped_file(moved[escaped]),
             f"{us}.csv": us_file(moved[us])}
    manifest = {"period": f"2024-{month:02d}", "files": [
        {"file": name, "depot": depot, "movements": len(rows), "quantity": sum(row[4] for row in rows),
         "value": f"{value_of(rows):.2f}"} for name, (depot, rows) in zip(files, moved.items())]}
    files["manifest.json"] = (json.dumps(manifest, indent=2) + "\n").encode()
    rows = [row for depot in sorted(moved) for row in moved[depot]]
    instance.put_texts(us=us, escaped=escaped, mixed=mixed, switch=f"{switch}th")
    instance.put_tests("verify.py", expected={
        "table": "/app/clean/movements.csv", "columns": MOVEMENTS,
        "groups": {"identifiers": ["depot", "movement_id", "sku"], "dates": ["moved_on"], "quantities": ["quantity"],
                   "prices": ["unit_price"], "comments": ["comment"]},
        "summary": {"path": "/app/clean/summary.json", "content": {
            "movements": len(rows), "repeated": again, "value": f"{value_of(rows):.2f}",
            "outbound": sum(row[4] < 0 for row in rows)}},
        "untouched": {"/app/inbox": instance.put_inputs("inbox", files)},
        "rows": [row[:2] + [row[2].isoformat(), row[3], str(row[4]), f"{row[5]:.2f}", row[6]] for row in rows]})


# T3: a program, shown by samples; the verifier renders exports of its own.

SUPPLIERS = ["brightgrid", "kraftwerk-nord", "lumiere", "oldtown", "rund-und-glatt", "voltaire", "stadtwerke", "hydro"]
FORMS = [  # dialect, readings, whole numbers only
    (dialect("utf-8-sig", ",", ".", ",", "%m/%d/%Y", "01234"), 30, False),
    (dialect("cp1252", ";", ",", ".", "%d.%m.%Y", "10234"), 30, False),
    (dialect("utf-16", "\t", ",", NBSP, "%d/%m/%Y", "01324", "\n"), 30, False),
    (dialect("utf-8", "|", ".", "'", "%Y-%m-%d", "43012", "\n", True), 30, False),
    (dialect("utf-8", ";", ",", ".", "%d/%m/%Y", "01234"), 20, True),
]


def variant(instance: Instance) -> None:
    chance = instance.chance
    names, month = chance.sample(SUPPLIERS, len(FORMS)), chance.randrange(1, 13)
    samples = {f"{name}.csv": render(make_rows(chance, count, whole, month), form, whole)
               for name, (form, count, whole) in zip(names, FORMS)}
    instance.put_inputs("samples", samples)
    instance.put_texts(damaged=f"{names[3]}.csv")
    instance.put_tests("verify_program.py", ("exports.py", "programs.py"), {"seed": instance.seed, "month": month})


if __name__ == "__main__":
    main(Family(
        home=HOME, keywords=("csv", "encoding", "reconciliation"),
        procedure="Establish encoding, delimiter, quoting, number and date notation from the whole file before "
                  "parsing; "
                  "parse with a real reader; reconcile counts and sums with the control figures before handing over.",
        tiers={
            "t1": Tier("Turn a German shop export into the table that a loader accepts.", "easy",
                       "Amounts without fractions (4.708) read like decimals, notes span lines, the text is cp1252 and "
                       "not Latin-1; only the footer's sum tells.", canonical),
            "t2": Tier("Merge three depots' exports, each in a dialect of its own, one of which changes half-way.",
                       "medium",
                       "Two files write dates alike and mean different orders; one has trailing minus signs; "
                       "one changes "
                       "delimiter, columns and notation in mid-file and repeats rows.", enriched),
            "t3": Tier("Write a converter for suppliers' meter exports that recognises the dialect and refuses damaged "
                       "files.", "hard",
                       "Notations that only the control line can tell apart, control text inside a quoted field, and "
                       "damage that parses well.", variant),
            "t4": Tier("Bring a card processor's mainframe tape into the ledger.", "medium",
                       "Every code page reads the tape without complaint; amounts are in smallest units, of which "
                       "currencies have none, two or three decimals; only the trailer's sums tell.", context_shift),
            "t5": Tier("Write a converter that goes on working when a supplier changes its settings.", "hard",
                       "A table of each supplier's settings, or the tables made by hand, satisfy the comparison that "
                       "comes with the task; only a reading that the control line confirms holds next month.",
                       adversarial),
            "t6": Tier("Book shops' exports by the figures of a register that crashed.", "hard",
                       "The register's database without its log opens well and holds figures with which a misread, a "
                       "damaged and a withdrawn export agree.", composition,
                       ("sqlite-wal-recovery", "csv-dialect-repair"))}))
