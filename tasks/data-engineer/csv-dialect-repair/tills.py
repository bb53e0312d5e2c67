"""Shops' till reports, each in the dialect of its till."""
from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

from texts import NBSP, swapped, table_text

SALE = ["receipt", "sold_on", "net", "tax", "item"]
HEADINGS = {"de": ["Beleg", "Datum", "Netto", "Steuer", "Artikel"], "en": ["receipt", "date", "net", "tax", "item"],
            "fr": ["ticket", "jour", "hors taxe", "taxe", "article"]}
ITEMS = ["Tee, lose", "Café crème", "crêpe; salée", 'Hocker "Ilse"', "Regal 3|4", "gift card\nno. 17", "Öl 0,75 l",
         "bread", "Tüte", "total: see till\nend of note"]


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
        net, tax = Decimal(cents) / 100, Decimal(cents * 19 // 100) / 100
        rows.append([f"{first + number:06d}", day, net, tax, chance.choice(ITEMS)])
    return rows


def till_report(shop: str, rows: list[list], form: dict, chance: random.Random) -> bytes:
    shown = [[row[0], row[1].strftime(form["date"]), keyed(row[2], form, chance), keyed(row[3], form, chance), row[4]]
             for row in rows]
    records = [[record[at] for at in form["order"]] for record in [HEADINGS[form["language"]], *shown]]
    head = f"Z-Report {shop}\ntill {form['till']}\n".replace("\n", form["newline"])
    text = head + table_text(records, delimiter=form["delimiter"], lineterminator=form["newline"])
    return text.encode(form["encoding"])


def settings(chance: random.Random, **chosen: object) -> dict:
    mark = chance.choice([(".", ","), (",", "."), (",", NBSP), (".", "'")])
    form = {"encoding": chance.choice(["cp1252", "utf-8-sig", "utf-16", "utf-8"]), "delimiter": chance.choice(",;\t|"),
            "decimal": mark[0], "thousands": mark[1], "date": chance.choice(["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"]),
            "order": chance.sample(range(5), 5), "newline": chance.choice(["\r\n", "\n"]),
            "language": chance.choice(list(HEADINGS)), "till": chance.randrange(1, 9)}
    return form | chosen
