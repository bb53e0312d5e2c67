"""Prints the catalogue that is made of the tariff office's lists: python3 tools/compile.py > build/catalogue.json"""
import csv
import json
from pathlib import Path

SPEC = Path(__file__).resolve().parent.parent / "spec"


def rows(name):
    with open(SPEC / name, encoding="utf-8", newline="") as file:
        return sorted(csv.DictReader(file), key=lambda row: next(iter(row.values())))


catalogue = {"rates": {row["code"]: [row["rate"], row["minimum"]] for row in rows("rates.csv")},
             "aliases": {row["alias"]: row["code"] for row in rows("aliases.csv")}}
print(json.dumps(catalogue, indent=1))
