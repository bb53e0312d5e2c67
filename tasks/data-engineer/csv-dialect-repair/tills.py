"""T5: shops' till reports with tables made by hand to compare with; next month the shops have other settings."""
from __future__ import annotations

import base64
import random
from datetime import date
from decimal import Decimal

from instance import Instance
from texts import NBSP, swapped, table_text

SALE = ["receipt", "sold_on", "net", "tax", "item"]
HEADINGS = {"de": ["Beleg", "Datum", "Netto", "Steuer", "Artikel"], "en": ["receipt", "date", "net", "tax", "item"],
            "fr": ["ticket", "jour", "hors taxe", "taxe", "article"]}
ITEMS = ["Tee, lose", "Café crème", "crêpe; salée", 'Hocker "Ilse"', "Regal 3|4", "gift card\nno. 17", "Öl 0,75 l",
         "bread", "Tüte", "total: see till\nsum: 1 sales 2024-01 net 1.00 tax 1.00\nend"]


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


def till_report(shop: str, rows: list[list], form: dict, chance: random.Random,
                control: list[list] | None = None) -> bytes:
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
