"""T6: the history of a service's layered configuration; one change hid a file that others relied on."""
from __future__ import annotations

import difflib
import json
import random
import sys
from dataclasses import dataclass, field

from history import AUTHORS
from instance import HARNESS, Instance

LAYERED = HARNESS.parent / "infrastructure/layered-config-migration"
sys.path.append(str(LAYERED))
from layers import MISREADINGS, effective, sources  # noqa: E402
from services import NAMES, Key, Service, Tree, key_table, nested  # noqa: E402


@dataclass
class Kept:
    """The tree as it was kept and as it should have been, change by change."""
    service: Service
    states: list[Tree]
    right: list[Tree]
    subjects: list[str] = field(default_factory=list)

    def change(self, subject: str, path: str, added: str, rightly: str | None = None) -> None:
        """A file is added to, or begun; `rightly`: what should have been added."""
        for trees, text in ((self.states, added), (self.right, added if rightly is None else rightly)):
            trees.append(trees[-1] | {path: trees[-1].get(path, "") + text})
        self.subjects.append(subject)

    def settings(self, tree: Tree, misread: tuple[str, ...] = ()) -> dict[Key, object]:
        return effective(tree, self.service.name, self.service.lists, misread=misread)

    def patches(self, chance: random.Random) -> dict[str, str]:
        files = {f"0000/{path}": text for path, text in sorted(self.states[0].items())}
        for number, subject in enumerate(self.subjects, start=1):
            before, after = self.states[number - 1:number + 1]
            text = f"From: {chance.choice(AUTHORS)}\nSubject: [{number:04d}] {subject}\n"
            for path in sorted(after):
                if before.get(path) != after[path]:
                    lines = list(difflib.unified_diff(before.get(path, "").splitlines(keepends=True),
                                                      after[path].splitlines(keepends=True)))
                    text += f"\nFile: {path}\n" + "".join(lines[2:])
            files[f"{number:04d}.patch"] = text
        return files


class Story:
    """Draws a history; None of its parts may exist in the tree that was drawn, then it is drawn again."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.service = chance, Service(chance)
        self.own = f"{self.service.name}.conf.d"
        tree = self.service.tree([self.own], 6)
        self.kept = Kept(self.service, [tree], [tree])
        self.singles = sorted(set(self.service.kinds) - self.service.lists)

    def drop_in(self, root: str, name: str) -> str:
        return f"{root}/{self.service.name}/{self.own}/{name}"

    def assigns(self, name: Key) -> tuple[str, str]:
        """The value, and the lines that assign it at the end of a file."""
        value = self.service.value(self.service.kinds[name])
        return value, f"[{name[0]}]\n{name[1]} = {value}\n"

    def hidden(self) -> str | None:
        """A drop-in of a package that is read, with several single keys that nothing else gives their values."""
        tree = self.kept.states[-1]
        found = self.kept.settings(tree)
        for path in sources(tree, self.service.name)[1:]:
            if path.startswith("etc/") or not tree[path]:
                continue
            without = self.kept.settings({name: text for name, text in tree.items() if name != path})
            lost = sum(found.get(name) != without.get(name) for name in self.singles)
            if lost >= 2 and found.keys() >= without.keys():
                return path
        return None

    def routine(self, spare: set[Key], avoid: str | None) -> None:
        """One change of the usual kind; `spare` keys and the file `avoid` are let alone."""
        chance, tree = self.chance, self.kept.states[-1]
        read = [path for path in sources(tree, self.service.name) if path.startswith("etc/") and path != avoid]
        kind = chance.choice(["say", "say", "join", "new", "copy", "note"])
        free = [name for name in NAMES if not any(path.endswith(f"/{name}") for path in tree)]
        if kind == "new" and free:
            name = chance.choice([name for name in self.singles if name not in spare])
            value, lines = self.assigns(name)
            self.kept.change(f"{free[0]}: {name[1]} is {value}", self.drop_in("etc", free[0]), lines)
        elif kind == "copy":
            path = chance.choice([path for path in sorted(tree) if tree[path] and path != avoid])
            copy = self.drop_in("etc", f"{path.rpartition('/')[2]}.{chance.randrange(10, 99)}")
            self.kept.change(f"keep a copy of {path}", copy, tree[path])
        elif kind == "note" or not read:
            path = chance.choice(read or [f"usr/lib/{self.service.name}/{self.service.name}.conf"])
            self.kept.change(f"{path.rpartition('/')[2]}: say who is responsible", path,
                             f"# {chance.choice(AUTHORS)} knows more\n")
        else:
            names = sorted(self.service.lists) if kind == "join" else self.singles
            name = chance.choice([name for name in names if name not in spare] or self.singles[:1])
            value, lines = self.assigns(name)
            says = f"{value} joins {name[1]}" if name in self.service.lists else f"{name[1]} is {value}"
            self.kept.change(says, chance.choice(read), lines)

    def told(self) -> bool:
        """Whether the whole story came about: early changes, the fault, changes since, a decoy among them."""
        chance, kept = self.chance, self.kept
        for _ in range(chance.randrange(6, 10)):
            self.routine(set(), None)
        path = self.hidden()
        unread = [name for name in sorted(kept.states[-1]) if name.endswith(f"/{self.service.name}.conf")
                  and name not in sources(kept.states[-1], self.service.name)]
        if not path or not unread:
            return False
        before = kept.settings(kept.states[-1])
        without = kept.settings({name: text for name, text in kept.states[-1].items() if name != path})
        self.lost = {name for name in before if before[name] != without.get(name)}
        others = [name for name in self.singles if name not in self.lost and f"{name[1]}" not in kept.states[-1][path]]
        if len(others) < 2:
            return False
        self.missed = chance.choice([name for name in self.singles if name in self.lost])
        self.value = before[self.missed]
        self.path = self.drop_in("etc", path.rpartition("/")[2])
        one, other = chance.sample(others, 2)
        value, lines = self.assigns(one)
        text = kept.states[-1][path]
        kept.change(f"{one[1]} is {value}", self.path, lines, text + ("" if text.endswith("\n") else "\n") + lines)
        self.culprit = len(kept.subjects)
        later = chance.randrange(6, 9)
        decoy, touch = chance.randrange(1, 4), chance.randrange(4, 6)
        for place in range(later):
            if place == decoy:
                value, lines = self.assigns(self.missed)
                kept.change(f"{self.missed[1]} is {value} in {unread[0].partition('/')[0]}", unread[0], lines)
            elif place == touch:
                value, lines = self.assigns(other)
                kept.change(f"{other[1]} is {value}", self.path, lines)
            else:
                self.routine(self.lost, self.path)
        return self.bites()

    def verdicts(self, misread: tuple[str, ...] = ()) -> list[bool]:
        return [self.kept.settings(tree, misread).get(self.missed) == self.value for tree in self.kept.states[4:]]

    def bites(self) -> bool:
        """Whether the fault shows from its change on, and only there; reading the files wrongly would mislead."""
        truth = [state < self.culprit for state in range(4, len(self.kept.states))]
        wrong, right = (self.kept.settings(trees[-1]) for trees in (self.kept.states, self.kept.right))
        taken_away = {path: text for path, text in self.kept.states[-1].items() if path != self.path}
        cheap = [self.kept.settings(tree) for tree in (taken_away, self.kept.states[self.culprit - 1])]
        misled = [misreading for misreading in MISREADINGS if self.verdicts((misreading,)) != truth]
        return (self.verdicts() == truth and len(misled) >= 4 and "root_by_root" in misled
                and self.kept.settings(self.kept.right[-1]).get(self.missed) == self.value
                and right not in cheap
                and sum(wrong.get(name) != right.get(name) for name in self.lost) >= 2)


LETTER = """\
{service} does not do what it did.

{has}
[{section}] {key} must be {value}
Nobody wanted that changed, nor anything else that the change to which it is due does not speak of.
"""


def composition(instance: Instance) -> None:
    chance = instance.chance
    while not (story := Story(chance)).told():
        pass
    service, kept = story.service, story.kept
    section, key = story.missed
    now = kept.settings(kept.states[-1]).get(story.missed)
    has = f"It has {key} = {now} now." if now else f"It has no {key} now."
    letter = LETTER.format(service=service.name, has=has, section=section, key=key, value=story.value)
    untouched = {"/app/history": instance.put_inputs("history", kept.patches(chance)),
                 "/app/complaint": instance.put_inputs("complaint", {"letter.txt": letter})}
    instance.put_inputs("root", kept.states[-1])
    lists = sorted(map(list, service.lists))
    instance.put_texts(service=service.name, keys=key_table(service), lists=json.dumps(lists), good="0004",
                       good_number="4", last_number=str(len(kept.subjects)))
    instance.put("tests/layers.py", (LAYERED / "layers.py").read_bytes())
    instance.put_tests("verify_root.py", expected={
        "service": service.name, "lists": lists, "missed": list(story.missed),
        "settings": nested(kept.settings(kept.right[-1])), "answer": {"change": f"{story.culprit:04d}"},
        "untouched": untouched})
