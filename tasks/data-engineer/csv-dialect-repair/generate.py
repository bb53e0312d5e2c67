#!/usr/bin/env python3
"""Instances of csv-dialect-repair: exports in the dialects of several systems, and the tables that they mean."""
from __future__ import annotations

import base64
import csv
import io
import json
import random
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HOME.parents[1] / "harness"), str(HOME), str(HOME.parents[1] / "infrastructure/sqlite-wal-recovery")]
from exports import dialect, make_rows, render  # noqa: E402
from instance import Family, Instance, Tier, main  # noqa: E402
from walfile import history, opened_by_sqlite, rows_of, write_ahead_log  # noqa: E402

NBSP = "\u00a0"


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


# T4: a card processor's tape: records of one length in a mainframe's code page, without names or line ends.

PROCESSORS = [  # code page, where, merchants and places that only this page spells
    ("cp273", "Frankfurt", ["Bäckerei Öhler", "Kaffeehaus Groß", "Süßwaren Jäger", "Übersee-Import", "Schuhhaus Wirth"],
     ["Köln", "Gießen", "Düsseldorf", "Saarbrücken", "Jena"]),
    ("cp875", "Athens", ["Φούρνος Ήλιος", "Καφέ Ακρόπολη", "Βιβλία Ωμέγα", "Ταβέρνα Νίκος", "Hotel Atlas"],
     ["Αθήνα", "Πάτρα", "Βόλος", "Χανιά", "Ρόδος"]),
    ("cp1026", "Izmir", ["Çiçekçi Şule", "Kuyumcu İnci", "Fırın Güneş", "Ağaç Evi", "Otel Pera"],
     ["İzmir", "Muğla", "Eskişehir", "Iğdır", "Bursa"]),
]
EXPONENTS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}
WIDTHS = {"reference": 9, "day": 6, "merchant": 18, "place": 14, "currency": 3, "amount": 11, "remark": 16}
PICTURES = {"reference": "9(9)", "day": "9(6)", "merchant": "X(18)", "place": "X(14)", "currency": "X(3)",
            "amount": "S9(11)", "remark": "X(16)"}
TAPE_REMARKS = ["", "", "", "chip", "contactless", "tip 5.00 incl.", "refund 2/3", "no receipt", "1,000 points"]
DAYS = ["%d%m%y", "%m%d%y", "%y%m%d"]


def zoned(value: int) -> bytes:
    """Eleven digits, the sign in the zone of the last."""
    digits = bytearray(0xF0 + int(digit) for digit in f"{abs(value):011d}")
    digits[-1] += -0x20 if value < 0 else -0x30
    return bytes(digits)


def money(units: int, currency: str) -> str:
    places = EXPONENTS[currency]
    return f"{Decimal(units).scaleb(-places):.{places}f}"


def context_shift(instance: Instance) -> None:
    chance = instance.chance
    page, city, merchants, places = chance.choice(PROCESSORS)
    order = list(WIDTHS)
    chance.shuffle(order)
    month, form, first = chance.randrange(1, 13), chance.choice(DAYS), chance.randrange(1_000, 90_000)
    rows, tape, totals = [], bytearray(), dict.fromkeys(EXPONENTS, 0)
    for number in range(70):
        currency = chance.choice([*EXPONENTS, "EUR"])
        units = chance.choice([1, 1, 1, -1]) * chance.choice([chance.randrange(500, 90_000),
                                                             chance.randrange(1, 900) * 1_000])
        day = date(2024, month, 1 + number * 28 // 70)
        row = {"reference": f"{first + 7 * number:09d}", "day": day.isoformat(), "merchant": chance.choice(merchants),
               "place": chance.choice(places), "currency": currency, "amount": money(units, currency),
               "remark": chance.choice(TAPE_REMARKS)}
        totals[currency] += units
        rows.append([row[name] for name in WIDTHS])
        cells = row | {"day": day.strftime(form)}
        tape += "E".encode(page) + b"".join(
            zoned(units) if name == "amount" else cells[name].ljust(WIDTHS[name]).encode(page) for name in order)
    written = {currency: money(units, currency) for currency, units in totals.items()}
    trailer = f"Z{len(rows):07d}2024{month:02d}" + "".join(f"{name}{text:>13}" for name, text in written.items())
    length = 1 + sum(WIDTHS.values())
    assert len(tape) == length * len(rows) and len(trailer) == length
    tape += trailer.encode(page)
    file = f"SETL.D24{month:02d}"
    layout = "".join(f"           05 {name.upper():<12}PIC {PICTURES[name]}.\n" for name in order)
    places_of = {name: 1 + sum(WIDTHS[other] for other in order[:at]) for at, name in enumerate(order)}
    instance.put_texts(
        file=file, city=city, layout=layout.rstrip("\n"), page=page, form=form, length=str(length),
        places=", ".join(f'"{name}": ({places_of[name]}, {places_of[name] + WIDTHS[name]})' for name in WIDTHS))
    instance.put_tests("verify.py", expected={
        "table": "/app/books/settlements.csv", "columns": list(WIDTHS),
        "groups": {"references": ["reference"], "days": ["day"], "texts": ["merchant", "place", "remark"],
                   "currencies": ["currency"], "amounts": ["amount"]},
        "summary": {"path": "/app/books/summary.json", "content": {
            "entries": len(rows), "refunds": sum(row[5].startswith("-") for row in rows), "totals": written}},
        "untouched": {"/app/tape": instance.put_inputs("tape", {file: bytes(tape)})}, "rows": rows})


# T5: shops' till reports with tables made by hand to compare with; next month the shops have other settings.

SALE = ["receipt", "sold_on", "net", "tax", "item"]
HEADINGS = {"de": ["Beleg", "Datum", "Netto", "Steuer", "Artikel"], "en": ["receipt", "date", "net", "tax", "item"],
            "fr": ["ticket", "jour", "hors taxe", "taxe", "article"]}
ITEMS = ["Tee, lose", "Café crème", "crêpe; salée", 'Hocker "Ilse"', "Regal 3|4", "gift card\nno. 17", "Öl 0,75 l", "bread",
         "Tüte", "total: see till\nsum: 1 sales 2024-01 net 1.00 tax 1.00\nend"]


def keyed(value: Decimal, form: dict, chance: random.Random) -> str:
    """As tills and people key it in: superfluous fractions are often left out."""
    text = f"{value:,.2f}"
    if chance.random() < 0.6:
        text = text.removesuffix(".00")
    return swapped(text, form["thousands"], form["decimal"])


def make_sales(chance: random.Random, month: int, first: int) -> list[list]:
    rows = []
    for number in range(46):
        cents = chance.choice([chance.randrange(50, 20_000), chance.randrange(1_000, 9_000) * 100,
                               chance.randrange(1, 9) * 100_000, -chance.randrange(100, 9_000)])
        day = date(2024, month, 1 + number * 28 // 46)
        rows.append([f"{first + number:06d}", day, Decimal(cents) / 100, Decimal(cents * 19 // 100) / 100, chance.choice(ITEMS)])
    return rows


def till_report(shop: str, rows: list[list], form: dict, chance: random.Random, control: list[list] | None = None) -> bytes:
    """`control`: the rows that the last line speaks of, if they are not those of the report; [] for no last line."""
    shown = [[row[0], row[1].strftime(form["date"]), keyed(row[2], form, chance), keyed(row[3], form, chance), row[4]]
             for row in rows]
    records = [[record[at] for at in form["order"]] for record in [HEADINGS[form["language"]], *shown]]
    counted = rows if control is None else control
    text = f"Z-Report {shop}\ntill {form['till']}\n".replace("\n", form["newline"])
    text += table_text(records, delimiter=form["delimiter"], lineterminator=form["newline"])
    if counted:
        text += (f"sum: {len(counted)} sales {counted[0][1]:%Y-%m} net {sum(row[2] for row in counted):.2f} "
                 f"tax {sum(row[3] for row in counted):.2f}{form['newline']}")
    return text.encode(form["encoding"])


def settings(chance: random.Random, **chosen: object) -> dict:
    mark = chance.choice([(".", ","), (",", "."), (",", NBSP), (".", "'")])
    form = {"encoding": chance.choice(["cp1252", "utf-8-sig", "utf-16", "utf-8"]), "delimiter": chance.choice(",;\t|"),
            "decimal": mark[0], "thousands": mark[1], "date": chance.choice(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"]),
            "order": chance.sample(range(5), 5), "newline": chance.choice(["\r\n", "\n"]),
            "language": chance.choice(list(HEADINGS)), "till": chance.randrange(1, 9)}
    return form | chosen


def adversarial(instance: Instance) -> None:
    chance = instance.chance
    shops, month = chance.sample(["harbour", "old-town", "station", "airport", "mill-lane", "arcade"], 3), \
        chance.randrange(1, 12)
    forms = [settings(chance, decimal=".", thousands=","), settings(chance, date="%d/%m/%Y"), settings(chance)]
    later = [forms[0] | {"decimal": ",", "thousands": "."}, forms[1] | {"date": "%m/%d/%Y"},
             settings(chance, language=forms[2]["language"], delimiter=chance.choice(
                 [mark for mark in ",;\t|" if mark != forms[2]["delimiter"]]))]
    cases, reports, tables = {}, {}, {}

    def case(name: str, shop: str, month: int, content: bytes, table: list | None, given: bool = False) -> None:
        cases[name] = {"file": f"{shop}-2024-{month:02d}.txt", "given": given, "table": table,
                       "content": base64.b64encode(content).decode()}

    def table_of(rows: list[list]) -> list[list[str]]:
        return [SALE] + [[row[0], row[1].isoformat(), f"{row[2]:.2f}", f"{row[3]:.2f}", row[4]] for row in rows]

    for shop, form in zip(shops, forms):
        rows = make_sales(chance, month, chance.randrange(1, 90_000))
        content = till_report(shop, rows, form, chance)
        case(f"{shop}_as_made_by_hand", shop, month, content, table_of(rows), True)
        reports[f"{shop}-2024-{month:02d}.txt"] = content
        tables[f"{shop}-2024-{month:02d}.csv"] = table_text(table_of(rows))
    for name, shop, form in zip(("other_decimal_mark", "other_order_of_dates", "another_till"), shops, later):
        rows = make_sales(chance, month + 1, chance.randrange(1, 90_000))
        case(name, shop, month + 1, till_report(shop, rows, form, chance), table_of(rows))
    rows = make_sales(chance, month + 1, chance.randrange(1, 90_000))
    lost = chance.randrange(5, 40)
    case("lost_sale_is_refused", shops[0], month + 1,
         till_report(shops[0], rows[:lost] + rows[lost + 1:], forms[0], chance, rows), None)
    changed = [row if at != lost else row[:2] + [row[2] + 9, *row[3:]] for at, row in enumerate(rows)]
    case("changed_figure_is_refused", shops[1], month + 1, till_report(shops[1], changed, forms[1], chance, rows), None)
    untouched = {"/app/reports": instance.put_inputs("reports", reports),
                 "/app/by-hand": instance.put_inputs("by-hand", tables)}
    instance.put_texts(sample=f"{shops[0]}-2024-{month:02d}.txt")
    instance.put_tests("verify_reports.py", ("programs.py",), {"cases": cases, "untouched": untouched})


# T6: the figures that the exports have to agree with are in a register that crashed.

def composition(instance: Instance) -> None:
    chance = instance.chance
    shops = sorted(chance.sample(["harbour", "old-town", "station", "airport", "mill-lane", "arcade", "pier", "citadel"], 5))
    one, other = chance.sample(range(2, 12), 2)  # a day that reads as another one: the 5th of June, the 6th of May
    true_day, misread_day = date(2024, one, other), date(2024, other, one)
    plain, misread, later, withdrawn, damaged = chance.sample(shops, 5)
    sales = {}
    for shop in shops:
        rows = make_sales(chance, 1, chance.randrange(1, 90_000))
        sales[shop] = [[row[0], true_day, *row[2:]] for row in rows]
    forms = {shop: settings(chance, date=chance.choice(["%d/%m/%Y", "%m/%d/%Y"])) for shop in shops}
    lost = chance.randrange(5, 40)
    present = {shop: rows[:lost] + rows[lost + 1:] if shop == damaged else rows for shop, rows in sales.items()}
    name = {shop: f"{shop}-{chance.randrange(100, 999)}.txt" for shop in shops}
    inbox = instance.put_inputs("inbox", {name[shop]: till_report(shop, present[shop], forms[shop], chance, [])
                                          for shop in shops})

    def figures(rows: list[list]) -> dict:
        return {"sales": len(rows), "net": f"{sum(row[2] for row in rows):.2f}", "tax": f"{sum(row[3] for row in rows):.2f}"}

    def entered(shop: str, day: date, rows: list[list], state: str) -> tuple:
        return ("INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?, ?)",
                (name[shop], shop, day.isoformat(), *figures(rows).values(), state))

    def revised(shop: str, **values: object) -> tuple:
        return (f"UPDATE sent SET {', '.join(f'{key} = ?' for key in values)} WHERE file = ?", (*values.values(), name[shop]))

    def noted() -> tuple:
        return "INSERT INTO journal (what) VALUES (?)", (f"entry {chance.randbytes(40).hex()}",)

    schema = [("CREATE TABLE sent (file TEXT PRIMARY KEY, shop TEXT NOT NULL, day TEXT NOT NULL, sales INTEGER NOT NULL, "
               "net TEXT NOT NULL, tax TEXT NOT NULL, state TEXT NOT NULL)", ()),
              ("CREATE TABLE journal (id INTEGER PRIMARY KEY, what TEXT NOT NULL)", ())]
    steps = [[*schema, entered(plain, true_day, sales[plain], "final"), entered(misread, misread_day, sales[misread], "final"),
              entered(withdrawn, true_day, sales[withdrawn], "final"), entered(damaged, true_day, present[damaged], "final")],
             [revised(misread, day=true_day.isoformat())], [entered(later, true_day, sales[later][:-3], "counting")],
             [revised(withdrawn, state="withdrawn"), revised(damaged, **figures(sales[damaged]))],
             [revised(later, state="final", **figures(sales[later]))], [revised(plain, state="withdrawn")]]
    steps = [[*step, noted()] for step in steps]
    size = chance.choice([1024, 2048, 4096])
    states = history(size, {"user_version": chance.randrange(2, 40)}, steps)
    log = write_ahead_log(size, chance.randrange(2, 99), (chance.randrange(1, 1 << 32), chance.randrange(1, 1 << 32)),
                          states[:-1], states[-1])
    assert opened_by_sqlite(states[0], log, ["sent"]) == rows_of(states[-2], ["sent"])
    register = instance.put_inputs("register", {"register.db": states[0], "register.db-wal": log})
    rows = [[shop, row[0], row[1].isoformat(), f"{row[2]:.2f}", f"{row[3]:.2f}", row[4]]
            for shop in sorted([plain, misread, later]) for row in sales[shop]]
    instance.put_texts()
    instance.put_tests("verify.py", expected={
        "table": "/app/books/sales.csv", "columns": ["shop", *SALE],
        "groups": {"identifiers": ["shop", "receipt"], "days": ["sold_on"], "amounts": ["net", "tax"], "items": ["item"]},
        "summary": {"path": "/app/books/summary.json", "content": {
            "booked": sorted(name[shop] for shop in (plain, misread, later)), "refused": [name[damaged]],
            "sales": len(rows), "net": f"{sum(Decimal(row[3]) for row in rows):.2f}"}},
        "untouched": {"/app/inbox": inbox, "/app/register": register}, "rows": rows})


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
            "t5": Tier("Write a converter for shops' till reports that goes on working when a shop changes its till.", "hard",
                       "A table of each shop's settings, or the tables made by hand, satisfy the comparison that comes with "
                       "the task; only a reading that the report's own sums confirm holds next month.", adversarial),
            "t6": Tier("Book shops' exports by the figures of a register that crashed.", "hard",
                       "The register's database without its log opens well and holds figures with which a misread, a damaged "
                       "and a withdrawn export agree.", composition, ("sqlite-wal-recovery", "csv-dialect-repair"))}))
