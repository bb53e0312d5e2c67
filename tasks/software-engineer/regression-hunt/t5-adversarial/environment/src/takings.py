"""Sums up takings by branch: takings.py [OPTIONS] FILE"""
import argparse
import csv
import sys
from decimal import Decimal


def read(path):
    """The entries of a file."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def amount(row):
    """The amount of an entry."""
    text = row["amount"]
    negative = text.startswith("(")
    text = text.strip("()")
    value = Decimal(int(float(text) * 100)) / 100
    return -value if negative else value


def key(row, options):
    """What an entry is summed up by."""
    return row[options.group]


def selected(records, options):
    """The entries that count."""
    records = [row for row in records if row["day"] >= (options.since or "")]
    records = [row for row in records if row["day"] <= (options.until or "9999")]
    records = [row for row in records if key(row, options) not in options.exclude]
    records = list({row["id"]: row for row in records}.values())
    return records


def totals(records, options):
    """Name to total and number of entries."""
    found = {}
    for row in records:
        name = key(row, options)
        total, count = found.get(name, (0, 0))
        found[name] = total + int(amount(row) * 100), count + 1
    return {name: (Decimal(total) / 100, count) for name, (total, count) in found.items()}


def ordered(found, options):
    """The names in the order of the report."""
    names = sorted(found)
    if options.sort == "total":
        names.sort(key=lambda name: -found[name][0])
    names = [name for name in names if found[name][0] >= options.min]
    names = names[:options.top]
    return names


def arguments(words):
    """What the caller asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--since")
    parser.add_argument("--until")
    parser.add_argument("--sort", choices=["name", "total"])
    parser.add_argument("--min", type=Decimal, default=Decimal("-Infinity"))
    parser.add_argument("--top", type=int)
    parser.add_argument("--group", default="branch")
    parser.add_argument("--exclude", action="append", default=[])
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--width", type=int)
    parser.add_argument("--footer", action="store_true")
    return parser.parse_args(words)


def main(words):
    """Prints the report."""
    options = arguments(words)
    records = selected(read(options.file), options)
    found = totals(records, options)
    for name in ordered(found, options):
        total, count = found[name]
        cells = [name[:options.width], f"{total:.2f}"]
        if options.count:
            cells.append(str(count))
        print(";".join(cells))
    if options.footer:
        print(";".join(["sum", f"{sum(total for total, _ in found.values()):.2f}"]))


main(sys.argv[1:])
