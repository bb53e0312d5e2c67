"""T6: the figures that the exports have to agree with are in a register that crashed."""
from __future__ import annotations

from datetime import date
from decimal import Decimal

from instance import Instance
from tills import SALE, make_sales, settings, till_report
from walfile import history, opened_by_sqlite, rows_of, write_ahead_log


SHOPS = ["harbour", "old-town", "station", "airport", "mill-lane", "arcade", "pier", "citadel"]
SCHEMA = [("CREATE TABLE sent (file TEXT PRIMARY KEY, shop TEXT NOT NULL, day TEXT NOT NULL, "
           "sales INTEGER NOT NULL, net TEXT NOT NULL, tax TEXT NOT NULL, state TEXT NOT NULL)", ()),
          ("CREATE TABLE journal (id INTEGER PRIMARY KEY, what TEXT NOT NULL)", ())]


def figures(rows: list[list]) -> dict:
    """What the register says of an export with these rows."""
    return {"sales": len(rows), "net": f"{sum(row[2] for row in rows):.2f}",
            "tax": f"{sum(row[3] for row in rows):.2f}"}


def composition(instance: Instance) -> None:
    chance = instance.chance
    shops = sorted(chance.sample(SHOPS, 5))
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
    inbox = instance.put_inputs("inbox", {name[shop]: till_report(shop, present[shop], forms[shop], chance)
                                          for shop in shops})

    def entered(shop: str, day: date, rows: list[list], state: str) -> tuple:
        return ("INSERT INTO sent VALUES (?, ?, ?, ?, ?, ?, ?)",
                (name[shop], shop, day.isoformat(), *figures(rows).values(), state))

    def revised(shop: str, **values: object) -> tuple:
        assignments = ", ".join(f"{column} = ?" for column in values)
        return f"UPDATE sent SET {assignments} WHERE file = ?", (*values.values(), name[shop])

    def noted() -> tuple:
        return "INSERT INTO journal (what) VALUES (?)", (f"entry {chance.randbytes(40).hex()}",)

    steps = [[*SCHEMA, entered(plain, true_day, sales[plain], "final"),
              entered(misread, misread_day, sales[misread], "final"),
              entered(withdrawn, true_day, sales[withdrawn], "final"),
              entered(damaged, true_day, present[damaged], "final")],
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
        "groups": {"identifiers": ["shop", "receipt"], "days": ["sold_on"], "amounts": ["net", "tax"],
                   "items": ["item"]},
        "summary": {"path": "/app/books/summary.json", "content": {
            "booked": sorted(name[shop] for shop in (plain, misread, later)), "refused": [name[damaged]],
            "sales": len(rows), "net": f"{sum(Decimal(row[3]) for row in rows):.2f}"}},
        "untouched": {"/app/inbox": inbox, "/app/register": register}, "rows": rows})
