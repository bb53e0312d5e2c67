#!/usr/bin/env python3
"""Instances of generated-code-drift: packages whose generated files and sources have gone different ways."""
from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, ROUND_HALF_UP
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HOME.parents[1] / "harness"))
from instance import Family, Instance, Tier, digests, main  # noqa: E402

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

    def office_changes(self, superseding: list[str] = ()) -> tuple[list[str], list[str]]:
        """New, revised and withdrawn codes in the lists; gives the codes that changed, and those that are gone."""
        self.later()
        new, revised = self.codes[36:39], [self.untouched.pop() for _ in range(3)] + list(superseding)
        aliased = set(self.aliases.values())
        gone = [next(code for code in self.untouched if code not in aliased)]
        self.untouched.remove(gone[0])
        for code in new:
            self.rates[code] = [self.rate(), f"{self.chance.randrange(2, 9)}.00"]
        for code in revised:
            self.rates[code] = [f"{Decimal(self.rates[code][0]) + Decimal(self.chance.choice(['0.25', '0.375'])):.3f}",
                                self.rates[code][1]]
        for code in new + revised:
            self.since[code] = self.day
        del self.rates[gone[0]]
        self.note("office",
                  f"new price list; {', '.join(new)} are new, {gone[0]} is withdrawn, other rates have changed")
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


def put_package(instance: Instance, prices: PriceList, files: dict[str, str], stages: list[list[str]],
                truth: Rates, aliases: dict[str, str], corrections: dict[str, list[str]], gone: list[str]) -> None:
    """Files of /app and the truth. `stages`: tool and what it writes, in order; `corrections`: names by list."""
    for name, text in files.items():
        instance.put(f"environment/{name}", text)
    protected = [name for name in files if name.startswith("tests/") or name.endswith("_limits.py")]
    kept = {name: files[name] for name in protected}
    kept |= {path.relative_to(instance.place / "environment").as_posix(): path.read_text()
             for directory in ("docs", "tools")
             for path in sorted((instance.place / "environment" / directory).iterdir())}
    for tool, _ in stages:
        instance.put(f"tests/tools/{tool}", kept[f"tools/{tool}"])
    asked = [*sorted(truth), *sorted(aliases)]
    prices_of = [[name, count, prices.price(aliases.get(name, name), count, truth)] for name in asked
                 for count in (1, 13)]
    instance.put_tests("verify.py", ("programs.py",), {
        "package": prices.package, "function": prices.function, "stages": stages, "corrections": corrections,
        "lists": {"rates.csv": truth} | ({"aliases.csv": {name: [code] for name, code in aliases.items()}}
                                         if aliases else {}),
        "prices": prices_of, "gone": gone, "protected": digests(kept)})


def canonical(instance: Instance) -> None:
    prices = PriceList(instance.chance)
    table, _ = prices.released("1.4.0")
    comments, truth = {}, {}
    for _ in range(3):
        code, at = prices.untouched.pop(), instance.chance.choice([0, 0, 1])
        prices.later()
        value = prices.other_rate(code) if at == 0 else f"{Decimal(prices.rates[code][1]) + Decimal('0.40'):.2f}"
        table[code][at], comments[code] = value, prices.day
        truth[code] = list(table[code])
        prices.note("hotfix", f"{'rate' if at == 0 else 'minimum'} of {code} is {value}, after a complaint")
    changed, gone = prices.office_changes()
    truth = prices.rates | truth
    notes = {code: f"  # {day}: corrected" for code, day in comments.items()}
    lines = [f'    "{code}": ("{rate}", "{minimum}"),{notes.get(code, "")}'
             for code, (rate, minimum) in sorted(table.items())]
    head = "# Generated by tools/generate.py from spec/rates.csv. Edits are lost with the next release."
    instance.put_texts(package=prices.package)
    put_package(instance, prices, {
        "CHANGES.md": changes_text(prices), "spec/rates.csv": prices.rates_csv(),
        f"{prices.package}/__init__.py": prices.init(False),
        f"{prices.package}/_table.py": "\n".join([head, "TABLE = {", *lines, "}"]) + "\n",
        f"tests/test_{prices.package}.py": prices.tests(changed, gone)},
        [["generate.py", f"{prices.package}/_table.py"]], truth, {}, {"rates.csv": sorted(comments)}, gone)


def enriched(instance: Instance) -> None:
    chance, prices = instance.chance, PriceList(instance.chance)
    catalogue, aliases = prices.released("2.0.0")
    table, module_aliases = {code: list(value) for code, value in catalogue.items()}, dict(aliases)
    standing, superseded, withdrawn = [], [], []
    steps = [("module", standing), ("catalogue", standing), ("module", withdrawn), ("catalogue", superseded),
             ("module", superseded), ("catalogue", standing)]
    chance.shuffle(steps)
    for place, outcome in steps:
        code = prices.untouched.pop()
        prices.later()
        value = prices.other_rate(code)
        (table if place == "module" else catalogue)[code][0] = value
        outcome.append((code, value))
        prices.note("hotfix", f"rate of {code} is {value}, put into "
                    + (f"{prices.package}/_table.py" if place == "module" else "build/catalogue.json"))
    alias = chance.choice(sorted(module_aliases))
    prices.later()
    target = chance.choice([code for code in prices.untouched[:20] if code != module_aliases[alias]])
    module_aliases[alias] = target
    prices.note("hotfix", f"alias {alias} is {target}, put into {prices.package}/_table.py")
    prices.later()
    prices.note("withdrawn", f"rate of {withdrawn[0][0]}: the office confirms its list")
    prices.untouched.remove(target)  # an aliased code is not withdrawn
    changed, gone = prices.office_changes([code for code, _ in superseded])
    truth = {code: list(value) for code, value in prices.rates.items()}
    for code, value in standing:
        truth[code][0] = value
    instance.put_texts(package=prices.package)
    module = ran(instance, "emit.py", {"build/catalogue.json": json.dumps({"rates": table, "aliases": module_aliases})})
    put_package(instance, prices, {
        "CHANGES.md": changes_text(prices), "spec/rates.csv": prices.rates_csv(),
        "spec/aliases.csv": prices.aliases_csv(),
        "build/catalogue.json": json.dumps({"rates": dict(sorted(catalogue.items())),
                                            "aliases": dict(sorted(aliases.items()))}, indent=1) + "\n",
        f"{prices.package}/__init__.py": prices.init(True), f"{prices.package}/_table.py": module,
        f"{prices.package}/_limits.py": "# Generated by tools/limits.py (gone since 1.2; kept by the billing group).\n"
                                        f"LIMIT = {chance.randrange(100, 900)}\n",
        f"tests/test_{prices.package}.py": prices.tests(changed, gone)},
        [["compile.py", "build/catalogue.json"], ["emit.py", f"{prices.package}/_table.py"]], truth,
        prices.aliases | {alias: target}, {"rates.csv": [code for code, _ in standing], "aliases.csv": [alias]}, gone)


# T3: a generator whose output depends on who runs it, and where and when.

PACKAGES = [("closing", "booth"), ("tides", "gate"), ("auctions", "lot"), ("windows", "slot"), ("deadlines", "call")]
LABELS = ["north", "paid", "public", "short", "urgent", "winter", "zoned", "open", "major"]
INSTANT = "datetime.strptime(when, FORM)"
FAULTS = {"instant": (f"{INSTANT}.timestamp()", f"{INSTANT}.replace(tzinfo=timezone.utc).timestamp()"),
          "listing": ("os.listdir(SPEC)", "sorted(os.listdir(SPEC))"),
          "labels": ("set(labels.split())", "sorted(set(labels.split()))")}
STAMPS = ["# Generated {datetime.now():%Y-%m-%d %H:%M:%S.%f} by tools/generate.py.",
          "# Generated in {os.getcwd()} by tools/generate.py.",
          "# Generated for {os.environ.get('HOME')} by tools/generate.py."]
# POSIX rules of the laptop's time zone: offset in hours in winter, first and last day of summer time in 2024.
ZONES = [("CET-1CEST,M3.5.0,M10.5.0/3", 1, date(2024, 3, 31), date(2024, 10, 27)),
         ("EST5EDT,M3.2.0,M11.1.0", -5, date(2024, 3, 10), date(2024, 11, 3)),
         ("PST8PDT,M3.2.0,M11.1.0", -8, date(2024, 3, 10), date(2024, 11, 3))]


class Calendar:
    """Lists of entries, one file for each office; of entries with one name that in the last file (by name) counts."""

    def __init__(self, chance: random.Random) -> None:
        offices = sorted(chance.sample(["aarhus", "bilbao", "cork", "dresden", "evora", "faro", "gdansk", "turku"], 7))
        names = [f"{chance.choice('abcdefgh')}{number:02d}" for number in chance.sample(range(100), 40)]
        self.files: dict[str, str] = {}
        self.entries: dict[str, tuple[datetime, tuple[str, ...]]] = {}
        for office in offices:
            lines = ["# name | when (UTC) | labels"]
            for name in chance.sample(names, 9):
                when = datetime(2024, 1, 1, tzinfo=timezone.utc) + timedelta(minutes=5 * chance.randrange(366 * 288))
                labels = chance.sample(LABELS, chance.randrange(2, 5))
                lines.append(f"{name} | {when:%Y-%m-%d %H:%M} | {' '.join(labels + labels[:1])}")
                self.entries[name] = when, tuple(sorted(labels))
            self.files[f"{office}.txt"] = "\n".join(lines) + "\n"

    def instants(self) -> dict[str, int]:
        return {name: int(when.timestamp()) for name, (when, _) in sorted(self.entries.items())}

    def labels(self) -> dict[str, list[str]]:
        return {name: list(labels) for name, (_, labels) in sorted(self.entries.items())}

    def as_on_laptop(self, winter: int, begin: date, end: date, chance: random.Random) -> str:
        """The module as the laptop made it: local instants, labels as they fell."""
        lines = ["INSTANTS = {"]
        for name, at in self.instants().items():
            offset = winter + (begin <= self.entries[name][0].date() < end)
            lines.append(f'    "{name}": {at - 3600 * offset},')
        lines += ["}", "LABELS = {"]
        for name, labels in self.labels().items():
            chance.shuffle(labels)
            lines.append(f'    "{name}": {tuple(labels)!r},')
        return "\n".join([*lines, "}"]) + "\n"


REPORT = """\
Two releases of one day from the same files, laptop against build host. Each differs from the next one, too.

laptop$ date +%Z%z; pwd
{zone}
/home/karin/{package}

build$ date +%Z%z; pwd
UTC+0000
/srv/build/{package}-81

{differences} of {count} instants differ, and most of the labels.
"""
CALENDAR_TESTS = '''\
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from {package} import is_over


class CalendarTests(unittest.TestCase):
    def test_instants(self):
        for name, at in {cases}:
            self.assertFalse(is_over(name, at - 1), name)
            self.assertTrue(is_over(name, at), name)


if __name__ == "__main__":
    unittest.main()
'''
CALENDAR_INIT = '''\
"""When a {thing} of the calendar is over."""
from ._calendar import INSTANTS, LABELS


def is_over(name, at):
    """Whether the {thing} is over at this instant (seconds since 1970-01-01 UTC); KeyError for an unknown one."""
    return at >= INSTANTS[name]


def with_label(label):
    return [name for name, labels in LABELS.items() if label in labels]
'''


def variant(instance: Instance) -> None:
    chance = instance.chance
    package, thing = chance.choice(PACKAGES)
    calendar, held_out = Calendar(chance), Calendar(chance)
    rule, winter, begin, end = chance.choice(ZONES)
    # The clock always, and two of three more.
    sound = chance.choice(["listing", "labels", "stamp"])
    values = {name: texts[name == sound] for name, texts in FAULTS.items()}
    stamp = "# Generated by tools/generate.py." if sound == "stamp" else chance.choice(STAMPS)
    instance.put_texts(package=package, thing=thing, stamp=stamp, **values)
    cases = [(name, at) for name, at in list(calendar.instants().items())[::7]]
    laptop = "# Generated by tools/generate.py on karin's laptop.\n" + calendar.as_on_laptop(winter, begin, end, chance)
    files = {f"spec/{name}": text for name, text in calendar.files.items()} | {
        f"{package}/__init__.py": CALENDAR_INIT.format(thing=thing), f"{package}/_calendar.py": laptop,
        f"tests/test_{package}.py": CALENDAR_TESTS.format(package=package, cases=cases),
        "reports/two-releases.txt": REPORT.format(zone=rule.split(",")[0], package=package, count=len(calendar.entries),
                                                  differences=len(calendar.entries))}
    for name, text in files.items():
        instance.put(f"environment/{name}", text)
    protected = {name: text for name, text in files.items() if name.startswith(("spec/", "tests/"))}
    held = {"files": held_out.files, "instants": held_out.instants(), "labels": held_out.labels()}
    own = {"instants": calendar.instants(), "labels": calendar.labels()}
    instance.put_tests("verify_generator.py", ("programs.py",), {
        "package": package, "own": own, "held_out": held, "protected": digests(protected)})


if __name__ == "__main__":
    main(Family(
        home=HOME, keywords=("generated code", "build", "reproducibility"),
        procedure="Find what is generated from what; before overwriting, compare a fresh output with the one "
                  "that is kept, "
                  "and decide for each difference which side is right; mend the source or the generator, never "
                  "the output; "
                  "generate anew and prove that doing it again changes nothing.",
        tiers={
            "t1": Tier("Repair a package whose generated price table is out of date and was corrected by hand.", "easy",
                       "Generating anew makes the tests pass and silently loses the corrections made by hand in the "
                       "generated file; mending the generated file lasts until the next release.", canonical),
            "t2": Tier("Repair a package with two generation steps, corrected by hand in both.", "medium",
                       "Corrections sit in two generated files; one was withdrawn and two were overtaken by the "
                       "source, "
                       "one never reached the second step.", enriched),
            "t3": Tier("Make a code generator independent of who runs it, where and when.", "hard",
                       "The output depends on the time zone, and also on two of: file order, hash seed, clock "
                       "or place. "
                       "Mending the generated file or one cause makes the tests pass.", variant)}))
