"""T4: a noticeboard that is printed from a register, and on which people have put things right in pencil."""
from __future__ import annotations

import random
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta

from instance import Instance, digests

Entry = tuple[str, str]  # who, and the figure


@dataclass(frozen=True)
class Theme:
    """Where the board hangs; what its lines are about: a number, somebody or something, and a figure."""
    place: str
    number: str
    who: str
    figure: str
    keeper: str


THEMES = [Theme("allotment gardens", "plot", "tenant", "rent", "treasurer"),
          Theme("marina", "berth", "boat", "length", "harbour master"),
          Theme("church choir", "locker", "singer", "deposit", "librarian"),
          Theme("parking deck", "bay", "keeper", "fee", "manager")]
FIRST = ["Ada", "Bent", "Carla", "Dov", "Eike", "Fina", "Gus", "Hedy", "Ivo", "Jule", "Kaj", "Lia", "Mats", "Nele"]
LAST = ["Abel", "Brandt", "Costa", "Dahl", "Ebner", "Falk", "Grau", "Horn", "Ilves", "Jansen", "Kern", "Lund", "Moro"]
SPOKEN = ["talked to {who}, who is on {number} {at}", "{number} {at}: {who}, says {figure}",
          "saw {who} at {number} {at}, {figure} as agreed"]


class Register:
    """The register as its keeper has it, the board as it hangs, and what is right."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.theme = chance, chance.choice(THEMES)
        numbers = chance.sample(range(1, 140), 40)
        names = chance.sample([f"{first} {last}" for first in FIRST for last in LAST], 60)
        self.names = iter(names)
        self.figures: set[str] = set()
        self.printed_on = date(2024, chance.randrange(2, 6), 1)
        self.lines: dict[str, Entry] = {str(number): (next(self.names), self.figure()) for number in numbers[:34]}
        self.since = {number: self.printed_on - timedelta(days=chance.randrange(15, 800)) for number in self.lines}
        self.board = dict(self.lines)
        self.marks: dict[str, date] = {}
        self.overtaken: list[str] = []
        untouched = list(self.lines)
        chance.shuffle(untouched)
        day = self.printed_on
        for place in range(5):
            number, day = untouched.pop(), day + timedelta(days=chance.randrange(2, 6))
            who, figure = self.lines[number]
            # In one case the keeper hears of it and finds out that something else is right.
            self.board[number] = (next(self.names), figure) if place in (0, 3) else (who, self.figure())
            self.marks[number] = day
            if place == 4:
                self.overtaken = [number]
                self.lines[number] = who, self.figure()
                self.since[number] = day + timedelta(days=chance.randrange(1, 6))
        self.corrected = [number for number in self.marks if number not in self.overtaken]
        # Since the board was printed: newcomers, changes, and one who left.
        self.new = [str(number) for number in numbers[34:37]]
        self.changed = [untouched.pop() for _ in range(3)]
        for number in self.new + self.changed:
            self.lines[number] = next(self.names), self.figure()
            self.since[number] = day + timedelta(days=chance.randrange(1, 9))
        self.gone = untouched.pop()
        del self.lines[self.gone]
        self.untouched = untouched
        self.truth = self.lines | {number: self.board[number] for number in self.corrected}
        self.rows = chance.sample(sorted(self.lines), len(self.lines))

    def figure(self) -> str:
        """One that no line has had."""
        while True:
            figure = f"{self.chance.randrange(12, 95)}.{self.chance.choice(['00', '25', '50', '75'])}"
            if figure not in self.figures:
                self.figures.add(figure)
                return figure

    def text(self) -> str:
        theme = self.theme
        lines = [";".join([theme.number, theme.who, theme.figure, "since"])]
        lines += [";".join([number, *self.lines[number], str(self.since[number])]) for number in self.rows]
        return "\n".join(lines) + "\n"

    def head(self) -> str:
        return f"{self.theme.place.upper()}: {self.theme.number}, {self.theme.who}, {self.theme.figure}"

    def printed(self, entries: dict[str, Entry], marked: bool) -> str:
        lines = [self.head(), ""]
        for number in sorted(entries, key=int):
            who, figure = entries[number]
            mark = f"  * {self.marks[number]}" if marked and number in self.marks else ""
            lines.append(f"{number:>4}  {who:<22} {figure:>8}{mark}")
        return "\n".join(lines) + "\n"

    def round(self) -> str:
        """What somebody saw who went round: all that the keeper has changed, nothing that was put right in pencil."""
        chance, theme = self.chance, self.theme
        seen = self.new + self.changed + self.untouched[:6]
        chance.shuffle(seen)
        lines = [f"Round of {self.printed_on + timedelta(days=45)}", ""]
        for number in seen:
            who, figure = self.truth[number]
            lines.append("- " + chance.choice(SPOKEN).format(who=who, number=theme.number, at=number, figure=figure))
        return "\n".join([*lines, f"- {theme.number} {self.gone} is empty, not to be on the board"]) + "\n"


def context_shift(instance: Instance) -> None:
    register = Register(instance.chance)
    theme = register.theme
    instance.put_texts(place=theme.place, number=theme.number, who=theme.who, figure=theme.figure, keeper=theme.keeper,
                       head=register.head())
    files = {f"register/{theme.number}s.csv": register.text(), "round/today.txt": register.round(),
             "board/board.txt": register.printed(register.board, True)}
    for name, text in files.items():
        instance.put(f"environment/{name}", text)
    place = instance.place / "environment"
    fresh = subprocess.run(["/bin/sh", "tools/board.sh"], cwd=place, capture_output=True, check=True, text=True).stdout
    assert fresh == register.printed(register.lines, False)
    others = {path.relative_to(place).as_posix(): path.read_bytes()
              for directory in ("docs", "tools", "round") for path in sorted((place / directory).iterdir())}
    instance.put_tests("verify_board.py", expected={
        "register": f"register/{theme.number}s.csv", "head": register.head(), "truth": register.truth,
        "corrected": register.corrected, "protected": digests(others)})
