"""Sums up takings by branch: takings.py [OPTIONS] FILE"""
import argparse
import csv
import sys
from decimal import Decimal


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def amount(row):
    text = row["amount"]
    value = Decimal(text)
    return value


def key(row, options):
    return row["branch"]


def selected(rows, options):
    return rows


def totals(rows, options):
    found = {}
    for row in rows:
        name = key(row, options)
        total, count = found.get(name, (Decimal(0), 0))
        found[name] = total + amount(row), count + 1
    return found


def ordered(found, options):
    names = sorted(found)
    return names


def arguments(words):
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    return parser.parse_args(words)


def main():
    options = arguments(sys.argv[1:])
    rows = selected(read(options.file), options)
    found = totals(rows, options)
    for name in ordered(found, options):
        total, count = found[name]
        cells = [name, f"{total:.2f}"]
        print(";".join(cells))


main()
