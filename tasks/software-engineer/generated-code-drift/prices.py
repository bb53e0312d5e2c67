"""Price lists of the instances: what the office says, what was corrected by hand, and the package made of them."""
from __future__ import annotations

import csv
import io
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, ROUND_HALF_UP
from pathlib import Path

from instance import Instance, digests

# package, function, what a code is, what is counted
THEMES = [("porto", "postage", "zone", "grams"), ("tollbook", "toll", "category", "kilometres"),
          ("fees", "fee", "service", "hours"),
          ("gridprice", "charge", "tariff", "units"), ("freight", "carriage", "lane", "pallets")]
ALIASES = ["express", "standard", "island", "night", "bulk", "return", "student", "fleet", "pilot", "harbour"]
Rates = dict[str, list[str]]

INIT = '''\
"""Prices of the {package} price list."""
from decimal import ROUND_HALF_UP, Decimal

from ._table import {names}


def {function}({code}, {count}):
    """What {count} cost for this {code}, in euros and cents; KeyError for an unknown {code}."""
    rate, minimum = TABLE[{lookup}]
    return max(Decimal(minimum), Decimal(rate) * {count}).quantize(Decimal("0.01"), ROUND_HALF_UP)
'''
TESTS = '''\
import sys
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from {package} import {function}


class PriceTests(unittest.TestCase):
    def test_prices(self):
        for code, count, price in {cases}:
            self.assertEqual({function}(code, count), Decimal(price), code)

    def test_withdrawn(self):
        for code in {gone}:
            with self.assertRaises(KeyError):
                {function}(code, 1)


if __name__ == "__main__":
    unittest.main()
'''


@dataclass
class PriceList:
    """One instance's price list as the tariff office has it, and what was corrected by hand on the way."""
    chance: random.Random
    package: str = ""
    rates: Rates = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    since: dict[str, date] = field(default_factory=dict)
    day: date = date(2024, 1, 1)
    changes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = self.chance
        self.package, self.function, self.code, self.count = chance.choice(THEMES)
        self.day = date(2024, chance.randrange(1, 5), chance.randrange(1, 28))
        letters = chance.sample("ABCDEFGHKLMNPRSTUVWXYZ", 4)
        self.codes = chance.sample([f"{letter}{number:02d}" for letter in letters for number in range(1, 25)], 44)
        for code in self.codes[:36]:
            self.rates[code] = [self.rate(), f"{chance.randrange(2, 9)}.{chance.choice(['00', '50', '90'])}"]
        for alias in chance.sample(ALIASES, 7):
            self.aliases[alias] = chance.choice(self.codes[:36])
        self.since = {name: self.day - timedelta(days=chance.randrange(20, 900)) for name in [*self.codes, *ALIASES]}
        self.untouched = self.codes[:36]
        chance.shuffle(self.untouched)

    def rate(self) -> str:
        return f"{self.chance.randrange(0, 4)}.{self.chance.randrange(101, 989)}"

    def other_rate(self, code: str) -> str:
        """The rate with two figures exchanged, or another one: what typing errors look like."""
        old = self.rates[code][0]
        new = old[:2] + old[3] + old[2] + old[4:]
        return new if new != old else f"{old[:-1]}{(int(old[-1]) + 3) % 10}"

    def later(self) -> date:
        self.day += timedelta(days=self.chance.randrange(3, 12))
        return self.day

    def note(self, who: str, text: str) -> None:
        self.changes.append(f"- {self.day} {who}: {text}")

    def released(self, version: str) -> tuple[Rates, dict[str, str]]:
        self.later()
        self.note("release", f"{version}, all files generated anew")
        return {code: list(value) for code, value in self.rates.items()}, dict(self.aliases)

    def office_changes(self, superseding: list[str] = (), withdraws: bool = True) -> tuple[list[str], list[str]]:
        """New, revised and withdrawn codes in the lists; gives the codes that changed, and those that are gone."""
        self.later()
        new, revised = self.codes[36:39], [self.untouched.pop() for _ in range(3)] + list(superseding)
        aliased = set(self.aliases.values())
        gone = [next(code for code in self.untouched if code not in aliased)] if withdraws else []
        for code in new:
            self.rates[code] = [self.rate(), f"{self.chance.randrange(2, 9)}.00"]
        for code in revised:
            self.rates[code] = [f"{Decimal(self.rates[code][0]) + Decimal(self.chance.choice(['0.25', '0.375'])):.3f}",
                                self.rates[code][1]]
        for code in new + revised:
            self.since[code] = self.day
        for code in gone:
            self.untouched.remove(code)
            del self.rates[code]
        withdrawn = f", {gone[0]} is withdrawn" if gone else ""
        self.note("office", f"new price list; {', '.join(new)} are new{withdrawn}, other rates have changed")
        return new + revised, gone

    def price(self, code: str, count: int, rates: Rates) -> str:
        rate, minimum = rates[code]
        return str(max(Decimal(minimum), Decimal(rate) * count).quantize(Decimal("0.01"), ROUND_HALF_UP))

    def rates_csv(self) -> str:
        return csv_text(["code", "rate", "minimum", "since"],
                        [[code, *self.rates[code], self.since[code]]
                         for code in sorted(self.rates, key=self.codes.index)])

    def aliases_csv(self) -> str:
        return csv_text(["alias", "code", "since"], [
            [name, code, self.since[name]] for name, code in self.aliases.items()])

    def tests(self, changed: list[str], gone: list[str]) -> str:
        codes = changed[:4] + self.untouched[:6]
        cases = [(code, count, self.price(code, count, self.rates)) for code in codes for count in (1, 7)]
        return TESTS.format(package=self.package, function=self.function, cases=cases, gone=gone)

    def init(self, aliases: bool) -> str:
        return INIT.format(package=self.package, function=self.function, code=self.code, count=self.count,
                           names="ALIASES, TABLE" if aliases else "TABLE",
                           lookup=f"ALIASES.get({self.code}, {self.code})" if aliases else self.code)


def csv_text(header: list[str], rows: list[list]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def ran(instance: Instance, tool: str, files: dict[str, str]) -> str:
    """What the tool that was just written prints when the given files lie beside it."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        text = (instance.place / "environment/tools" / tool).read_text()
        for name, text in [*files.items(), (f"tools/{tool}", text)]:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, "-I", "-B", str(root / "tools" / tool)], capture_output=True, check=True)
        return done.stdout.decode()


def changes_text(prices: PriceList) -> str:
    return f"# What happened to {prices.package}\n\n" + "\n".join(prices.changes) + "\n"


def as_it_came(text: str) -> dict:
    """A list's heading, and the date of each line, which is its last cell."""
    heading, *rows = csv.reader(io.StringIO(text))
    return {"heading": heading, "since": {row[0].strip(): row[-1].strip() for row in rows}}


def put_package(instance: Instance, prices: PriceList, files: dict[str, str], stages: list[list[str]],
                truth: Rates, aliases: dict[str, str], corrections: dict[str, list[str]], gone: list[str],
                verifier: str = "verify.py", more: dict | None = None, others: tuple[str, ...] = ()) -> None:
    """Files of /app and the truth. `stages`: tool and what it writes, in order; `corrections`: names by list;
    `more`: what else the verifier has to know, or knows otherwise; `others`: further files that belong to others."""
    for name, text in files.items():
        instance.put(f"environment/{name}", text)
    protected = [name for name in files if name.startswith("tests/") or name.endswith("_limits.py")
                 or name in others]
    kept = {name: files[name] for name in protected}
    kept |= {path.relative_to(instance.place / "environment").as_posix(): path.read_text()
             for directory in ("docs", "tools")
             for path in sorted((instance.place / "environment" / directory).iterdir())}
    for tool, _ in stages:
        instance.put(f"tests/tools/{tool}", kept[f"tools/{tool}"])
    asked = [*sorted(truth), *sorted(aliases)]
    prices_of = [[name, count, prices.price(aliases.get(name, name), count, truth)] for name in asked
                 for count in (1, 13)]
    instance.put_tests(verifier, ("programs.py", "releases.py"), {
        "package": prices.package, "function": prices.function, "stages": stages, "corrections": corrections,
        "lists": {"rates.csv": truth} | ({"aliases.csv": {name: [code] for name, code in aliases.items()}}
                                         if aliases else {}),
        "came": {name.removeprefix("spec/"): as_it_came(text) for name, text in files.items()
                 if name.startswith("spec/") and name.endswith(".csv")},
        "prices": prices_of, "gone": gone, "protected": digests(kept)}
        | (more or {}))
