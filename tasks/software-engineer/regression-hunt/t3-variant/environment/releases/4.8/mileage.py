"""Sums up mileage by driver: mileage.py [OPTIONS] FILE"""
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
    value = Decimal(text)
    return value


def key(row, options):
    """What an entry is summed up by."""
    return row["driver"]


def selected(rows, options):
    """The entries that count."""
    rows = [row for row in rows if row["day"] >= (options.since or "")]
    rows = [row for row in rows if row["day"] <= (options.until or "9999")]
    rows = [row for row in rows if key(row, options) not in options.exclude]
    return rows


def totals(rows, options):
    """Name to total and number of entries."""
    found = {}
    for row in rows:
        name = key(row, options)
        total, count = found.get(name, (Decimal(0), 0))
        found[name] = total + amount(row), count + 1
    return found


def ordered(found, options):
    """The names in the order of the report."""
    names = sorted(found)
    if options.sort == "total":
        names.sort(key=lambda name: -found[name][0])
    names = [name for name in names if found[name][0] >= options.min]
    return names


def arguments(words):
    """What the caller asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--since")
    parser.add_argument("--until")
    parser.add_argument("--sort", choices=["name", "total"])
    parser.add_argument("--min", type=Decimal, default=Decimal("-Infinity"))
    parser.add_argument("--exclude", action="append", default=[])
    return parser.parse_args(words)


def main():
    """Prints the report."""
    options = arguments(sys.argv[1:])
    rows = selected(read(options.file), options)
    found = totals(rows, options)
    for name in ordered(found, options):
        total, count = found[name]
        cells = [name, f"{total:.2f}"]
        print(";".join(cells))


main()
