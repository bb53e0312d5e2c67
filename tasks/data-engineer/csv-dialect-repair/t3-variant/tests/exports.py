"""Meter readings and the many ways in which suppliers write them down. Executed by verify.py and by generate.py."""
import csv
import io
from datetime import date
from decimal import Decimal

COLUMNS = ["meter", "reading_date", "kwh", "cost", "remark"]
REMARKS = ["", "", "", "estimated", "Zähler getauscht", "access via yard; ring twice", "relevé à distance, validé",
           'customer says "faulty"', "read 07:30 | cellar", "two lines:\nmeter moved", "déjà payé\tcompte soldé",
           "see note\n#control rows=1 period=1999-01 kwh=1.000 cost=1.00\nend of note"]


def make_rows(random, count, whole, month=3):
    """`count` readings of a month of 2024: meter, date, kWh, cost, remark. `whole`: no fractions, four digits up."""
    rows = []
    for _ in range(count):
        kwh = Decimal(random.randrange(1_000, 60_000)) if whole else Decimal(random.randrange(1_000, 9_000_000)) / 1000
        cost = Decimal(random.randrange(1_000, 9_000)) if whole else Decimal(random.randrange(500, 400_000)) / 100
        meter = f"{random.randrange(10_000):05d}-{random.choice('ABCD')}"
        rows.append([meter, date(2024, month, random.randrange(1, 29)), kwh, cost, random.choice(REMARKS)])
    return rows


def contract_text(rows):
    """What a correct program prints for `rows`, as parsed records."""
    return [COLUMNS] + [[meter, day.isoformat(), f"{kwh:.3f}", f"{cost:.2f}", remark]
                        for meter, day, kwh, cost, remark in rows]


def number_text(value, places, dialect):
    text = f"{value:,.{places}f}"
    return text.translate({ord(","): dialect["thousands"], ord("."): dialect["decimal"]})


def render(rows, dialect, whole):
    """The supplier's file as bytes. The control line is in plain notation whatever the dialect."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=dialect["delimiter"], lineterminator=dialect["newline"],
                        quoting=csv.QUOTE_ALL if dialect["quote_all"] else csv.QUOTE_MINIMAL)
    writer.writerow(dialect["columns"])
    for meter, day, kwh, cost, remark in rows:
        cells = {"meter": meter, "reading_date": day.strftime(dialect["date"]), "remark": remark,
                 "kwh": number_text(kwh, 0 if whole else 3, dialect),
                 "cost": number_text(cost, 0 if whole else 2, dialect)}
        writer.writerow([cells[name] for name in dialect["columns"]])
    kwh, cost = sum(row[2] for row in rows), sum(row[3] for row in rows)
    out.write(f"#control rows={len(rows)} period={rows[0][1]:%Y-%m} kwh={kwh:.3f} cost={cost:.2f}{dialect['newline']}")
    return out.getvalue().encode(dialect["encoding"], "strict")


def dialect(encoding, delimiter, decimal, thousands, date_format, order="01234", newline="\r\n", quote_all=False):
    return {"encoding": encoding, "delimiter": delimiter, "decimal": decimal, "thousands": thousands,
            "date": date_format, "columns": [COLUMNS[int(at)] for at in order], "newline": newline,
            "quote_all": quote_all}
