"""Histories of the report program, and what a customer says of them."""
from __future__ import annotations

import difflib
import random

from instance import Instance
from program import BEFORE, FEATURES, HOSTS, STYLES, THEMES, Data, Theme, printed, source, total_of

AUTHORS = ["Ana Reis", "Bjarne Holm", "Chidi Obi", "Dörte Kühn", "Emre Aydın"]
EARLY = ["since", "sort"]


class History:
    """What each change adds to the program. `states[n]` is what is in it after change n."""

    def __init__(self, chance: random.Random, faults: list[str], extra: list[str]) -> None:
        self.theme, self.faults = chance.choice(THEMES), faults
        others = [name for name in [*FEATURES, *STYLES] if name not in EARLY and name != "separator"]
        while True:
            chance.shuffle(others)
            early = [name for name in others if name not in HOSTS.values() and name not in ("rename", "docs")][:2]
            order = [*EARLY, *early, *(name for name in others if name not in early)]
            places = [order.index(HOSTS[fault]) for fault in faults]
            if all(order.index(name) > order.index(BEFORE[name]) for name in BEFORE) and min(places) > 5 \
                    and max(places) < len(order) - 3 and order.index("rename") > max(places) and apart(places):
                break
        self.changes: list[tuple[str, set[str], set[str]]] = []
        for name in order:
            brought = {f"bad:{fault}" for fault in faults if HOSTS[fault] == name}
            self.changes.append(((FEATURES | STYLES)[name], {name} | brought, set()))
        for name in extra:
            self.changes.insert(chance.randrange(5, len(self.changes)), (STYLES[name], {name}, set()))

    def states(self) -> list[set[str]]:
        states: list[set[str]] = [set()]
        for _, added, removed in self.changes:
            states.append(states[-1] - removed | added)
        return states

    def sources(self) -> list[str]:
        return [source(self.theme, state) for state in self.states()]

    def number_of(self, fault: str) -> int:
        return next(number for number, (_, added, _) in enumerate(self.changes, start=1) if f"bad:{fault}" in added)

    def right(self) -> str:
        """The last state without any fault."""
        return source(self.theme, {name for name in self.states()[-1] if not name.startswith("bad:")})

    def patches(self, chance: random.Random) -> dict[str, str]:
        sources = self.sources()
        files = {"0000.py": sources[0]}
        for number, (subject, _, _) in enumerate(self.changes, start=1):
            name = f"{self.theme.name}.py"
            lines = difflib.unified_diff(*(text.splitlines(keepends=True) for text in sources[number - 1:number + 1]),
                                         f"a/{name}", f"b/{name}")
            head = f"From: {chance.choice(AUTHORS)}\nSubject: [{number:04d}] {subject}\n\n"
            files[f"{number:04d}.patch"] = head + "".join(lines)
        return files


def apart(places: list[int]) -> bool:
    return all(abs(one - other) > 3 for at, one in enumerate(places) for other in places[:at])


def repairs(wrong: str, right: str) -> list[list[str]]:
    """Lines of the faulty text and what belongs in their place, each pair unique in the text."""
    old, new = wrong.splitlines(keepends=True), right.splitlines(keepends=True)
    pairs = []
    for tag, start, end, new_start, new_end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            pairs.append(["".join(old[start:end]), "".join(new[new_start:new_end])])
    assert all(wrong.count(pair[0]) == 1 for pair in pairs)
    return pairs


def options_for(fault: str, data: Data) -> list[str]:
    if fault == "since":
        return ["--since", sorted(row[1] for row in data.rows)[20]]
    return ["--sort", "total"] if fault == "sort" else []


def held_out(theme: Theme, right: str, chance: random.Random) -> list[dict]:
    """Cases that try every feature on a file that the agent has not seen, and what must be printed."""
    data = Data(theme, chance)
    text, name = data.text(chance), chance.choice(data.names[:3])
    days = sorted(row[1] for row in data.rows)
    cases = {"plain": [], "since_and_until": ["--since", days[15], "--until", days[50]], "since": ["--since", days[25]],
             "sort_and_top": ["--sort", "total", "--top", "4"], "min_and_exclude": ["--min", "300", "--exclude", name],
             "group_and_count": ["--group", theme.other, "--count"], "width_and_footer": ["--width", "9", "--footer"]}
    found = []
    for case, words in cases.items():
        output = printed(right, words, text)
        assert output, (case, words, right)
        found.append({"name": case, "arguments": words, "output": output})
    return [{"input": text, "cases": found}]


def put_truth(instance: Instance, history: History, answer: dict[str, str], complaints: list[dict],
              untouched: dict, more: dict | None = None) -> None:
    instance.put_tests("verify.py", ("programs.py",), (more or {}) | {
        "program": f"/app/src/{history.theme.name}.py", "answer": answer, "complaints": complaints,
        "held_out": held_out(history.theme, history.right(), instance.chance), "untouched": untouched})


def complaint_of(history: History, fault: str, text: str, options: list[str]) -> dict:
    return {"input": text, "arguments": options, "output": printed(history.right(), options, text)}


# A complaint in words.

LETTER = """\
To whom it may concern,

we have used {name}.py with the file {which}.csv.

Options: {options}

It says {shown}, which cannot be right.
The total of {who} must be {right}
as anybody can tell by adding up.
"""


def letter(history: History, fault: str, data: Data, text: str, which: str) -> tuple[str, list[str], str, str] | None:
    """The letter, its options, the name and its right total; None if the fault does not show in these data."""
    options = options_for(fault, data)
    right, wrong = (printed(one, options, text) for one in (history.right(), history.sources()[-1]))
    for name in sorted(data.names):
        truth, shown = total_of(right, name), total_of(wrong, name)
        if truth and truth != shown and (fault != "key" or len(name) > 12):
            words = f"{shown} for {name}" if shown else f"nothing for {name}"
            return LETTER.format(name=history.theme.name, which=which, options=" ".join(options) or "none", shown=words,
                                 who=name, right=truth), options, name, truth
    return None


def shows_from(history: History, options: list[str], text: str, name: str, truth: str, start: int) -> list[bool]:
    """For each state from `start` on whether the figure is right; a state that does not run is mended first."""
    return [total_of(printed(one.replace("    option = ", "    options = "), options, text), name) == truth
            for one in history.sources()[start:]]
