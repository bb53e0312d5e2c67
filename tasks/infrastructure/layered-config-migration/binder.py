"""T4: a binder of paper sheets, which is read as the services read their files, but says so in other words."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass

from instance import Instance
from layers import ROOTS, effective, sources
from services import Service, Themes, biting_tree, nested

NOTATION = {"comments": "%!", "continued": "&", "head": ["==", "=="], "assigns": ":"}
POOLS = {
    "one": ["as usual", "by Anna: ask first", "none but water", "Größe 2 (not 3!)", "1 = full, 2 = half", "see door",
            "in the hall, quietly", "left side; right side", "half of it", "nothing before noon"],
    "hour": ["7.30", "from 18:00", "at 6:15 and 17:45", "noon", "8.00 : 9.30", "when it rings", "not before 10"],
    "several": ["rye bread", "oats & milk", "key 4: yellow", "two of them", "Müller % Söhne", "rope = 12 m", "towels",
                "a lamp! (red)", "the old list", "tea: mint"],
}
WORDS = {"10-vendor": "10-general", "20-tuning": "20-amounts", "9-local": "9-season", "100-site": "100-visit",
         "60-peers": "60-guests", "05-base": "05-always", "8-early": "8-morning", "70-ops": "70-night",
         "Zone": "Yearly", "override": "when-in-doubt", "bak": "old", "dpkg-old": "last-year", "disabled": "taken-out"}


@dataclass(frozen=True)
class Binder:
    """Whose binder it is (as a sentence begins); who puts sheets into it, the nearest first; how sheets are named."""
    owner_are: str
    places: tuple[str, str, str]
    first: str
    folder: str
    ending: str

    def path(self, old: str) -> str:
        """The name in the binder of what would be this file of a service."""
        root = next(root for root in ROOTS if old.startswith(f"{root}/"))
        place = self.places[ROOTS.index(root)]
        if ".conf.d/" not in old:
            return f"{place}/{self.first}"
        name = re.sub("|".join(WORDS), lambda found: WORDS[found[0]], old.rpartition("/")[2])
        return f"{place}/{self.folder}/{name.replace('.conf', self.ending)}"


BINDERS = {
    "kitchen": Binder("The cooks of the ward are", ("ward", "clinic", "association"), "diet.txt", "slips", ".slip"),
    "baths": Binder("The attendants of the pool are", ("pool", "town", "county"), "rules.txt", "notices", ".note"),
    "harbour": Binder("The watchmen of the quay are", ("quay", "port", "authority"), "orders.txt", "circulars",
                      ".circ"),
}
THEMES: Themes = {
    "kitchen": {"Breakfast": {"Bread": "several", "Drink": "one", "Served": "hour", "Extras": "several"},
                "Supper": {"Main dish": "one", "Served": "hour", "Leave out": "several"},
                "Night": {"Tray": "one", "Round": "hour", "Who": "one"}},
    "baths": {"Entrance": {"Opens": "hour", "Free for": "several", "Tickets": "one"},
              "Water": {"Lanes": "one", "Not allowed": "several", "Emptied": "hour", "Check": "one"},
              "Sauna": {"Heated": "hour", "Bring along": "several", "Silence": "one"}},
    "harbour": {"Gate": {"Closed": "hour", "Let in": "several", "Password": "one"},
                "Berths": {"Lights": "one", "Rounds": "hour", "Look at": "several"},
                "Alarm": {"Call": "several", "Signal": "one", "Until": "hour", "Boat": "one"}},
}


def as_sheet(text: str) -> str:
    """A service's file in the notation of the binder."""
    lines, continues = [], False
    for line in text.split("\n"):
        if not continues and line.startswith("["):
            line = f"== {line[1:-1]} =="
        elif not continues and line[:1] in ("#", ";"):
            line = "%!"[line[0] == ";"] + line[1:].replace(" = ", ": ", 1)
        elif not continues:
            line = re.sub(r" ?=", ":", line, count=1)
        continues = line.endswith("\\")
        lines.append(f"{line[:-1]}&" if continues else line)
    return "\n".join(lines)


def context_shift(instance: Instance) -> None:
    service = Service(instance.chance, themes=THEMES, pools=POOLS)
    binder, own = BINDERS[service.name], f"{service.name}.conf.d"
    tree = biting_tree(service, [own], [[own]], 6)
    sheets = {binder.path(path): as_sheet(text) for path, text in tree.items()}
    assert len(sheets) == len(tree)
    valid = [binder.path(path) for path in sources(tree, service.name)]
    lists = sorted(map(list, service.lists))
    digests = instance.put_inputs("binder", dict(sorted(sheets.items())))
    near, middle, far = binder.places
    several = ", ".join(f"*{item}* (under {head})" for head, item in lists)
    instance.put_texts(owner_are=binder.owner_are, near=near, middle=middle, far=far, first=binder.first,
                       folder=binder.folder, ending=binder.ending, lists=json.dumps(lists), several=several,
                       places=json.dumps(list(binder.places)))
    instance.put_tests("verify.py", ("layers.py",), {
        "file": "/app/out/board.txt", "lists": lists, "notation": NOTATION,
        "settings": nested(effective(tree, service.name, service.lists)),
        "sources": {"path": "/app/out/sheets.json",
                    "lists": {"valid": valid, "void": sorted(set(sheets) - set(valid))}},
        "untouched": {"/app/binder": digests}})
