"""The little report program whose history the instances tell, as its text at any state of that history."""
from __future__ import annotations

import contextlib
import csv
import io
import random
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

# Changes that add an option, with the words of their author.
FEATURES = {
    "since": "--since DAY: only entries of this day and later",
    "until": "--until DAY: only entries up to and including this day",
    "sort": "--sort total: the largest total first",
    "top": "--top N: only the first N lines",
    "min": "--min AMOUNT: only totals of at least this",
    "group": "--group COLUMN: sum up by another column",
    "exclude": "--exclude NAME: leave out a name, may be repeated",
    "count": "--count: add the number of entries",
    "parens": "amounts in parentheses are negative",
    "width": "--width N: cut names to N characters when printing",
    "dedup": "count an entry that was sent twice, with the same id, once",
    "footer": "--footer: add a line with the sum of all",
}
# Changes that leave the output as it is, or almost so.
STYLES = {
    "rename": "rename rows to records", "docs": "say in each function what it is for",
    "cents": "sum up in cents to keep totals exact", "main": "give main its arguments",
    "separator": "separate columns by a bar",
}
# Faults, each made in passing by a change that adds something useful.
HOSTS = {"amount": "parens", "key": "width", "since": "until", "dedup": "dedup", "sort": "top"}
BEFORE = {"until": "since", "top": "sort"}


@dataclass(frozen=True)
class Theme:
    name: str
    group: str
    other: str


THEMES = [Theme("takings", "branch", "till"), Theme("mileage", "driver", "route"),
          Theme("donations", "fund", "channel"),
          Theme("meterbill", "district", "meter"), Theme("fines", "station", "officer")]


def block(*lines: str | None) -> str:
    return "\n".join(line for line in lines if line is not None) + "\n\n\n"


def source(theme: Theme, on: Collection[str]) -> str:
    """The program's text with the changes and faults in `on`; "undone": the fault is taken back."""
    def if_on(name: str, text: str, other: str | None = None) -> str | None:
        return text if name in on else other

    rows = "records" if "rename" in on else "rows"
    group = "options.group" if "group" in on else f'"{theme.group}"'
    return "".join([
        f'"""Sums up {theme.name} by {theme.group}: {theme.name}.py [OPTIONS] FILE"""\n'
        "import argparse\nimport csv\nimport sys\nfrom decimal import Decimal\n\n\n",
        block("def read(path):", if_on("docs", '    """The entries of a file."""'),
              '    with open(path, encoding="utf-8", newline="") as file:',
              "        return list(csv.DictReader(file))"),
        amount_text(on, if_on), key_text(on, group, if_on), selected_text(on, rows, theme, if_on),
        totals_text(rows, if_on),
        ordered_text(on, if_on), arguments_text(theme, on, if_on), main_text(on, rows, if_on)])


def amount_text(on, if_on) -> str:
    value = "Decimal(int(float(text) * 100)) / 100" if "bad:amount" in on and "undone" not in on else "Decimal(text)"
    return block(
        "def amount(row):", if_on("docs", '    """The amount of an entry."""'), '    text = row["amount"]',
        if_on("parens", '    negative = text.startswith("(")'), if_on("parens", '    text = text.strip("()")'),
        f"    value = {value}", if_on("parens", "    return -value if negative else value", "    return value"))


def key_text(on, group, if_on) -> str:
    cut = "[:options.width]" if "bad:key" in on and "undone" not in on else ""
    return block("def key(row, options):", if_on("docs", '    """What an entry is summed up by."""'),
                 f"    return row[{group}]{cut}")


def selected_text(on, rows, theme, if_on) -> str:
    low = "<" if "undone" not in on else "<="
    ranged = [f'    low, high = options.since or "", options.until or "9999"',
              f'    {rows} = [row for row in {rows} if low {low} row["day"] <= high]'] if "bad:since" in on else [
        if_on("since", f'    {rows} = [row for row in {rows} if row["day"] >= (options.since or "")]'),
        if_on("until", f'    {rows} = [row for row in {rows} if row["day"] <= (options.until or "9999")]')]
    unique = 'row["id"]'
    if "bad:dedup" in on and "undone" not in on:
        unique = f'(row["day"], row["{theme.group}"], row["amount"])'
    return block(
        f"def selected({rows}, options):", if_on("docs", '    """The entries that count."""'), *ranged,
        if_on("exclude", f"    {rows} = [row for row in {rows} if key(row, options) not in options.exclude]"),
        if_on("dedup", f"    {rows} = list({{{unique}: row for row in {rows}}}.values())"), f"    return {rows}")


def totals_text(rows, if_on) -> str:
    return block(
        f"def totals({rows}, options):", if_on("docs", '    """Name to total and number of entries."""'),
        "    found = {}",
        f"    for row in {rows}:", "        name = key(row, options)",
        if_on("cents", "        total, count = found.get(name, (0, 0))",
              "        total, count = found.get(name, (Decimal(0), 0))"),
        if_on("cents", "        found[name] = total + int(amount(row) * 100), count + 1",
              "        found[name] = total + amount(row), count + 1"),
        if_on("cents", "    return {name: (Decimal(total) / 100, count) for name, (total, count) in found.items()}",
              "    return found"))


def ordered_text(on, if_on) -> str:
    by_total = "-found[name][0]"
    if "bad:sort" in on and "undone" not in on:
        by_total = '[-ord(letter) for letter in f"{found[name][0]:.2f}"]'
    return block(
        "def ordered(found, options):", if_on("docs", '    """The names in the order of the report."""'),
        "    names = sorted(found)", if_on("sort", '    if options.sort == "total":'),
        if_on("sort", f"        names.sort(key=lambda name: {by_total})"),
        if_on("min", "    names = [name for name in names if found[name][0] >= options.min]"),
        if_on("top", "    names = names[:options.top]"), "    return names")


def arguments_text(theme, on, if_on) -> str:
    width = ", default=12" if "bad:key" in on and "undone" not in on else ""
    return block(
        "def arguments(words):", if_on("docs", '    """What the caller asked for."""'),
        "    parser = argparse.ArgumentParser()", '    parser.add_argument("file")',
        if_on("since", '    parser.add_argument("--since")'), if_on("until", '    parser.add_argument("--until")'),
        if_on("sort", '    parser.add_argument("--sort", choices=["name", "total"])'),
        if_on("min", '    parser.add_argument("--min", type=Decimal, default=Decimal("-Infinity"))'),
        if_on("top", '    parser.add_argument("--top", type=int)'),
        if_on("group", f'    parser.add_argument("--group", default="{theme.group}")'),
        if_on("exclude", '    parser.add_argument("--exclude", action="append", default=[])'),
        if_on("count", '    parser.add_argument("--count", action="store_true")'),
        if_on("width", f'    parser.add_argument("--width", type=int{width})'),
        if_on("footer", '    parser.add_argument("--footer", action="store_true")'),
        "    return parser.parse_args(words)")


def main_text(on, rows, if_on) -> str:
    bar = '" | "' if "separator" in on else '";"'
    options = "option" if "broken" in on else "options"
    return block(
        if_on("main", "def main(words):", "def main():"), if_on("docs", '    """Prints the report."""'),
        f"    {options} = arguments({'words' if 'main' in on else 'sys.argv[1:]'})",
        f"    {rows} = selected(read(options.file), options)", f"    found = totals({rows}, options)",
        "    for name in ordered(found, options):", "        total, count = found[name]",
        if_on("width", '        cells = [name[:options.width], f"{total:.2f}"]',
              '        cells = [name, f"{total:.2f}"]'),
        if_on("count", "        if options.count:"), if_on("count", "            cells.append(str(count))"),
        f"        print({bar}.join(cells))", if_on("footer", "    if options.footer:"),
        if_on("footer", f'        print({bar}.join(["sum", f"{{sum(total for total, _ in found.values()):.2f}}"]))'), ""
    ).rstrip() + f"\n\n\nmain({'sys.argv[1:]' if 'main' in on else ''})\n"


class Data:
    """Entries in which every fault shows: equal entries, fractions that floats miss, long names that begin alike."""

    def __init__(self, theme: Theme, chance: random.Random) -> None:
        stems = chance.sample(["Zum alten Hafen", "Große Brücke Nord", "Upper Riverside", "Santa Catarina",
                               "Północ Główna"], 2)
        short = chance.sample(["Ost", "West", "Mitte", "Hof", "Kai", "Dom"], 3)
        self.names = [*short, *(f"{stem} {side}" for stem in stems for side in ("1", "2"))]
        others = [f"{theme.other[0].upper()}{number}" for number in chance.sample(range(1, 40), 4)]
        self.first = date(2024, chance.randrange(1, 12), 1)
        self.days = [(self.first + timedelta(days=day)).isoformat() for day in range(28)]
        rows = []
        for number in chance.sample(range(1000, 9999), 64):
            amount = chance.choice(["0.29", "1.15", "19.99", "4.35",
                                    f"{chance.randrange(1, 900)}.{chance.randrange(10, 99)}"])
            rows.append([str(number), chance.choice(self.days), chance.choice(self.names), chance.choice(others),
                         amount])
        # The same thing bought twice: another id, otherwise alike.
        rows += [[str(10_000 + at), *row[1:]] for at, row in enumerate(chance.sample(rows, 9))]
        chance.shuffle(rows)
        self.rows, self.header = rows, ["id", "day", theme.group, theme.other, "amount"]
        self.others = others

    def text(self, chance: random.Random | None = None) -> str:
        """As CSV; with `chance`, some amounts in parentheses and some entries sent twice."""
        rows = [list(row) for row in self.rows]
        for row in chance.sample(rows, 8) if chance else []:
            row[4] = f"({row[4]})"
        rows += chance.sample(rows, 6) if chance else []
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.header, *rows])
        return out.getvalue()


def printed(text: str, words: list[str], data: str) -> str | None:
    """What a program text prints for these arguments and this file, or None if it fails."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8") as file:
        file.write(data)
        file.flush()
        arguments, output = ["report", *words, file.name], io.StringIO()
        code = text.replace("sys.argv[1:]", repr(arguments[1:]))
        try:
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
                exec(compile(code, "report", "exec"), {"__name__": "report"})
        except (Exception, SystemExit):
            return None
        return output.getvalue()


def total_of(output: str | None, name: str) -> str | None:
    """The figure beside a name, whatever separates the columns."""
    for line in (output or "").splitlines():
        cells = [cell.strip() for cell in line.replace("|", ";").split(";")]
        if cells[0] == name:
            return cells[1]
    return None


__all__ = ["BEFORE", "Data", "FEATURES", "HOSTS", "STYLES", "THEMES", "Theme", "Decimal", "Path", "printed", "source",
           "total_of"]
