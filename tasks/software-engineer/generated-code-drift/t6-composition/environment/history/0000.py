"""Prints the price table as a Python module: python3 tools/generate.py > fees/_table.py"""
import csv
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

SPEC = Path(__file__).resolve().parent.parent / "spec"


def cell(row, name):
    value = row[name]
    return value


def rate(row):
    value = cell(row, "rate")
    return value


def minimum(row):
    value = cell(row, "minimum")
    return value


def table():
    with open(SPEC / "rates.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {cell(row, "code"): (rate(row), minimum(row)) for row in rows}


def main():
    found = table()
    print("TABLE = {")
    for code, (rate, minimum) in found.items():
        print(f'    "{code}": ("{rate}", "{minimum}"),')
    print("}")


main()
