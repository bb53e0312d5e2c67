"""Prints where parcels go: python3 tools/route.py PLAN PARCELS   (lines "parcel;depot;chute")"""
import csv
import sys


def read_plan(text):
    """(rules in order, depot to chute). A rule: first and last postcode, kilos, service, depot."""
    rules, chutes = [], {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) == 3 and words[1] == "chute":
            chutes[words[0]] = words[2]
        elif words:
            codes, kilos, service, arrow, depot = words
            first, last = ("00000", "99999") if codes == "any" else codes.split("-")
            rules.append((first, last, kilos, service, depot))
    return rules, chutes


def fits(kilos, limit):
    if limit == "any":
        return True
    return kilos <= float(limit[2:]) if limit.startswith("<=") else kilos > float(limit[1:])


def depot_of(rules, code, kilos, service):
    """The first rule that fits says it."""
    return next(depot for first, last, limit, only, depot in rules
                if first <= code <= last and fits(float(kilos), limit) and only in ("any", service))


def main(plan, parcels):
    with open(plan, encoding="utf-8") as file:
        rules, chutes = read_plan(file.read())
    with open(parcels, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            depot = depot_of(rules, row["postcode"], row["kilos"], row["service"])
            print(row["parcel"], depot, chutes[depot], sep=";")


if __name__ == "__main__":
    main(*sys.argv[1:])
