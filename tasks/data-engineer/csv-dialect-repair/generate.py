#!/usr/bin/env python3
"""Writes the data of this family's tasks and the truth their verifiers compare with. Same bytes on every run."""
import csv
import hashlib
import io
import json
import os
import random
import shutil
from datetime import date, timedelta
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
HARNESS = os.path.join(HERE, "..", "..", "harness")
NBSP = "\u00a0"

with open(f"{HERE}/exports.py", encoding="utf-8") as source:
    exec(compile(source.read(), "exports.py", "exec"))


def put(path, content):
    path = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode("utf-8"))


def put_tests(task, masters, expected=None):
    for name, master in masters.items():
        os.makedirs(os.path.join(HERE, task, "tests"), exist_ok=True)
        shutil.copyfile(master, os.path.join(HERE, task, "tests", name))
    if expected:
        put(f"{task}/tests/expected.json", json.dumps(expected, ensure_ascii=False, indent=1) + "\n")


def put_inbox(task, files):
    for name, content in files.items():
        put(f"{task}/environment/inbox/{name}", content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def swapped(text, thousands, decimal):
    """1,234.50 with other separators."""
    return text.translate({ord(","): thousands, ord("."): decimal})


def table_text(rows, **form):
    out = io.StringIO()
    csv.writer(out, **form).writerows(rows)
    return out.getvalue()


# T1: one export of a German shop system.

CUSTOMERS = [("Bäckerei Löffelmann", "Köln"), ("Groß & Söhne GmbH", "Gießen"), ("Café Odéon", "Zürich"),
             ("Schmidt; Partner KG", "Lübeck"), ("„Zum Anker“ Gastronomie", "Bremen"), ("Øster Handel ApS", "Aarhus"),
             ("Müller, Meier & Co", "Nürnberg"), ("Dvorak & Žák", "Praha"), ("Peña Hermanos", "Málaga")]
ORDER_NOTES = ["", "", "", "Lieferung ab 7:00 – Tor 3", 'bitte "hinten" abladen; Rampe 2', "Skonto 2 %, 14 Tage",
               "Rest folgt\nTeillieferung 2 von 3", "Pfand 12,50 € enthalten", "Gutschrift zu 000388",
               "Ansprechpartner:\nHerr Weiß; Durchwahl 17"]


def german_amount(value, random):
    """As people key it in: without superfluous fractions about half of the time."""
    text = f"{value:,.2f}"
    if random.random() < 0.6:
        text = text.removesuffix(".00")
        text = text[:-1] if "." in text and text.endswith("0") else text
    return swapped(text, ".", ",")


def canonical():
    task, chance = "t1-canonical", random.Random("orders")
    rows, raw = [], [["Auftrag", "Datum", "Kunde", "Ort", "Betrag", "Bemerkung"]]
    for number in range(64):
        order = f"{412 + 7 * number:06d}"
        day = date(2024, 3, 1) + timedelta(days=number * 30 // 63)
        cents = chance.choice([chance.randrange(100, 99_900), chance.randrange(10, 9_000) * 100,
                               chance.randrange(1, 99) * 100_000, -chance.randrange(1_000, 400_000),
                               chance.randrange(1_000, 90_000) * 10])
        amount = Decimal(cents) / 100
        customer, city = chance.choice(CUSTOMERS)
        note = chance.choice(ORDER_NOTES)
        rows.append([order, day.isoformat(), customer, city, f"{amount:.2f}", note])
        raw.append([order, day.strftime("%d.%m.%Y"), customer, city, german_amount(amount, chance), note])
    total = sum(Decimal(row[4]) for row in rows)
    text = table_text(raw, delimiter=";", lineterminator="\r\n")
    text += f"*ENDE*;Saetze={len(rows)};Summe={swapped(f'{total:,.2f}', '.', ',')}\r\n"
    inbox = put_inbox(task, {"orders_2024-03.csv": text.encode("cp1252")})
    masters = {"verify.py": f"{HERE}/verify.py", "verdict.py": f"{HARNESS}/verdict.py"}
    put_tests(task, masters, {
        "table": "/app/clean/orders.csv",
        "columns": ["order_id", "ordered_on", "customer", "city", "amount", "note"],
        "groups": {"identifiers": ["order_id"], "dates": ["ordered_on"], "amounts": ["amount"],
                   "names": ["customer", "city"], "notes": ["note"]},
        "summary": {"path": "/app/clean/summary.json", "content": {"orders": len(rows), "total": f"{total:.2f}"}},
        "inbox": inbox, "rows": rows})


# T2: three depots, each with its own habits; one of them changed systems in mid-month.

COMMENTS = ["", "", "", "pallet 4/7", 'marked "fragile"', "customs hold, see mail", "two lines\nsecond line",
            "col\ttab", "back\\slash", "returned – damaged", '"as is" sale', "bay 3|4", "net; gross differs"]
MOVEMENTS = ["depot", "movement_id", "moved_on", "sku", "quantity", "unit_price", "comment"]


def make_movements(depot, count, first):
    chance, rows = random.Random(f"depot {depot}"), []
    for number in range(count):
        count_moved = chance.choice([chance.randrange(1, 90), chance.randrange(1_000, 4_000)])
        quantity = chance.choice([1, 1, 1, -1]) * count_moved
        price = Decimal(chance.choice([chance.randrange(5, 9_000), chance.randrange(100_000, 400_000)])) / 100
        day = date(2024, 3, 1 + number * 31 // count)
        sku = f"{chance.randrange(1, 9_999):04d}{chance.choice(['', '-A', 'E2'])}"
        rows.append([depot, f"{first + 3 * number:07d}", day, sku, quantity, price, chance.choice(COMMENTS)])
    return rows


def north_file(rows):
    raw = [MOVEMENTS[1:]] + [[key, day.strftime("%m/%d/%Y"), sku, f"{quantity:,d}", f"{price:,.2f}", comment]
                             for _, key, day, sku, quantity, price, comment in rows]
    return table_text(raw, lineterminator="\r\n").encode("utf-8-sig")


def harbour_file(rows):
    def escaped(text):
        return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")

    lines = ["\t".join(MOVEMENTS[1:])]
    for _, key, day, sku, quantity, price, comment in rows:
        count = swapped(f"{abs(quantity):,d}", NBSP, ",") + ("-" if quantity < 0 else "")
        lines.append("\t".join([key, day.strftime("%d/%m/%Y"), sku, count, swapped(f"{price:,.2f}", NBSP, ","),
                                escaped(comment)]))
    return b"\xff\xfe" + "".join(line + "\n" for line in lines).encode("utf-16-le")


def airport_file(rows):
    """Old system up to and including the 15th, the new one for the rest; the new one sends the last six again."""
    at = next(number for number, row in enumerate(rows) if row[2].day > 15)
    old = [MOVEMENTS[1:]] + [[key, day.strftime("%d/%m/%Y"), sku, swapped(f"{quantity:,d}", ".", ","),
                              swapped(f"{price:,.2f}", ".", ","), comment]
                             for _, key, day, sku, quantity, price, comment in rows[:at]]
    order = [3, 6, 5, 4, 2, 1]
    new = [[MOVEMENTS[at] for at in order]]
    for row in rows[at - 6:]:
        cells = row[:2] + [row[2].isoformat(), row[3], str(row[4]), f"{row[5]:.2f}", row[6]]
        new.append([cells[at] for at in order])
    return (table_text(old, delimiter=";", lineterminator="\r\n")
            + table_text(new, delimiter="|", lineterminator="\r\n")).encode("cp1252")


def value_of(rows):
    return sum(row[4] * row[5] for row in rows)


def enriched():
    task = "t2-enriched"
    depots = {"airport": make_movements("airport", 54, 4), "harbour": make_movements("harbour", 47, 9_100_001),
              "north": make_movements("north", 50, 310)}
    files = {"airport.csv": airport_file(depots["airport"]), "harbour.txt": harbour_file(depots["harbour"]),
             "north.csv": north_file(depots["north"])}
    manifest = {"period": "2024-03", "files": [
        {"file": name, "depot": depot, "movements": len(rows), "quantity": sum(row[4] for row in rows),
         "value": f"{value_of(rows):.2f}"} for name, (depot, rows) in zip(files, depots.items())]}
    files["manifest.json"] = (json.dumps(manifest, indent=2) + "\n").encode()
    rows = [row for depot in depots.values() for row in depot]
    masters = {"verify.py": f"{HERE}/verify.py", "verdict.py": f"{HARNESS}/verdict.py"}
    put_tests(task, masters, {
        "table": "/app/clean/movements.csv", "columns": MOVEMENTS,
        "groups": {"identifiers": ["depot", "movement_id", "sku"], "dates": ["moved_on"], "quantities": ["quantity"],
                   "prices": ["unit_price"], "comments": ["comment"]},
        "summary": {"path": "/app/clean/summary.json", "content": {
            "movements": len(rows), "repeated": 6, "value": f"{value_of(rows):.2f}",
            "outbound": sum(row[4] < 0 for row in rows)}},
        "inbox": put_inbox(task, files),
        "rows": [row[:2] + [row[2].isoformat(), row[3], str(row[4]), f"{row[5]:.2f}", row[6]] for row in rows]})


# T3: a program, shown by samples; the verifier renders exports of its own.

SAMPLES = {
    "brightgrid.csv": (dialect("utf-8-sig", ",", ".", ",", "%m/%d/%Y", "01234"), 30, False),
    "kraftwerk-nord.csv": (dialect("cp1252", ";", ",", ".", "%d.%m.%Y", "10234"), 30, False),
    "lumiere.csv": (dialect("utf-16", "\t", ",", NBSP, "%d/%m/%Y", "01324", "\n"), 30, False),
    "oldtown.csv": (dialect("utf-8", "|", ".", "'", "%Y-%m-%d", "43012", "\n", True), 30, False),
    "rund-und-glatt.csv": (dialect("utf-8", ";", ",", ".", "%d/%m/%Y", "01234"), 20, True),
}


def variant():
    task = "t3-variant"
    for name, (form, count, whole) in SAMPLES.items():
        put(f"{task}/environment/samples/{name}", render(make_rows(random.Random(name), count, whole), form, whole))
    put_tests(task, {"verify.py": f"{HERE}/verify_program.py", "exports.py": f"{HERE}/exports.py",
                     "verdict.py": f"{HARNESS}/verdict.py", "programs.py": f"{HARNESS}/programs.py"})


if __name__ == "__main__":
    canonical()
    enriched()
    variant()
