"""T4: a card processor's tape: records of one length in a mainframe's code page, without names or line ends."""
from __future__ import annotations

from datetime import date
from decimal import Decimal

from instance import Instance

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
