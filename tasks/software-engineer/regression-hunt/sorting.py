"""T4: the sorting plan of a parcel hub and the logbook of its shift leaders, one of whom made a slip."""
from __future__ import annotations

import difflib
import json
import random
import runpy
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from history import repairs
from instance import Instance

TOOL = Path(__file__).resolve().parent / "templates/t4-context-shift/environment/tools/route.py"
TOWNS = ["Altried", "Brackwede", "Cadolz", "Dornum", "Elmshorn", "Fulpmes", "Gronau", "Husby", "Ismaning", "Jever",
         "Kalkar", "Lohne", "Meldorf", "Norden", "Oschatz", "Plauen", "Quern", "Rhede", "Soest", "Thale"]
LEADERS = ["Okafor", "Lindqvist", "Marić", "Pereira", "Yıldız"]
Parcel = tuple[str, str, str]  # postcode, kilos, service


@dataclass(frozen=True)
class Region:
    """Postcodes of one depot; part of them (`near`) may get a depot of its own."""
    town: str
    first: int
    last: int
    near: tuple[int, int]
    near_town: str

    @property
    def depot(self) -> str:
        return self.town[:3].upper()

    @property
    def near_depot(self) -> str:
        return self.near_town[:3].upper()


class Hub:
    """Entries of the logbook, and the plan at any state: a set of (what, which region) and of plain names."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        towns = chance.sample(TOWNS, 16)
        self.regions = []
        for place, start in enumerate(sorted(chance.sample(range(10, 98), 8))):
            first = 1000 * start + 100 * chance.randrange(0, 3)
            # The last two digits of the end of the part, exchanged, are a later end.
            begin, tens = first + chance.randrange(100, 300), chance.randrange(1, 5)
            end = (begin // 100 + chance.randrange(0, 2)) * 100 + 100 + 10 * tens + chance.randrange(tens + 3, 10)
            self.regions.append(Region(towns[place], first, first + 699, (begin, end), towns[place + 8]))
        self.chutes = chance.sample(range(1, 60), 40)
        self.entries = self.entries_in_order()

    def entries_in_order(self) -> list[tuple[str, set]]:
        """(title, what it brings); the slip comes late enough, and its depot gets another name afterwards."""
        chance, regions = self.chance, self.regions
        found: list[tuple[str, set]] = []
        for kind, count in (("near", 8), ("heavy", 6), ("express", 6)):
            chosen = chance.sample(range(8), count)
            for pair in zip(chosen[::2], chosen[1::2]):
                found.append((self.title(kind, pair), {(kind, which) for which in pair}))
        found += [("all chutes counted from the other end", {"renumbered"}), ("towns noted in the plan", {"noted"}),
                  ("rules in the order in which the lorries leave", {"reversed"})]
        while True:
            chance.shuffle(found)
            at = chance.randrange(6, len(found) - 4)
            if found[at][1] & {"renumbered", "noted", "reversed"}:
                continue
            self.slip = sorted(found[at][1])[chance.randrange(2)]
            self.region = regions[self.slip[1]]
            # Something else about the same region happens later, and is not to blame.
            if any((kind, self.slip[1]) in brings for _, brings in found[at + 2:] for kind in ("heavy", "express")):
                break
        kind = self.slip[0]
        self.renamed = self.region.near_depot if kind == "near" else {"heavy": "BULK", "express": "AIR"}[kind]
        entries = [*found[:at], (found[at][0], found[at][1] | {"slip"}), *found[at + 1:]]
        renaming = f"{self.renamed} is called {self.new_name()} from today", {"renamed"}
        entries.insert(chance.randrange(at + 3, len(entries)), renaming)
        self.culprit = at + 1
        return entries

    def new_name(self) -> str:
        return {"BULK": "YARD", "AIR": "FLY"}.get(self.renamed, self.renamed[:2] + "2")

    def title(self, kind: str, pair: tuple[int, int]) -> str:
        one, other = (self.regions[which] for which in pair)
        if kind == "near":
            return " and ".join(f"{region.near[0]:05d}-{region.near[1]:05d} go to {region.near_town} "
                                f"({region.near_depot})" for region in (one, other))
        if kind == "heavy":
            return f"what is over 20 kilos for {one.town} and {other.town} goes to the yard (BULK)"
        return f"express up to 5 kilos for {one.town} and {other.town} flies (AIR)"

    def states(self) -> list[set]:
        states: list[set] = [set()]
        for _, brings in self.entries:
            states.append(states[-1] | brings)
        return states

    def plan(self, on: Collection) -> str:
        lines = ["# depots and their chutes"]
        depots = ["AIR", "BULK", "HAND", *(region.depot for region in self.regions),
                  *(region.near_depot for region in self.regions)]
        chutes = self.chutes[::-1] if "renumbered" in on else self.chutes
        lines += [f"{depot} chute {chute}" for depot, chute in zip(depots, chutes)]
        lines += ["", "# postcodes, kilos, service: the first rule that fits"]
        places = range(len(self.regions))
        for which in reversed(places) if "reversed" in on else places:
            lines += self.rules(which, on)
        text = "\n".join([*lines, "any any any -> HAND"]) + "\n"
        return text.replace(self.renamed, self.new_name()) if "renamed" in on else text

    def rules(self, which: int, on: Collection) -> list[str]:
        region, slip = self.regions[which], self.slip if "slip" in on else None
        codes = f"{region.first:05d}-{region.last:05d}"
        end = region.near[1]
        if slip == ("near", which):
            end += 9 * (end % 10 - end // 10 % 10)
        lines = [f"# {region.town}"] if "noted" in on else []
        if ("express", which) in on:
            lines.append(f"{codes} <={50 if slip == ('express', which) else 5} express -> AIR")
        if ("heavy", which) in on:
            lines.append(f"{codes} >{2 if slip == ('heavy', which) else 20} any -> BULK")
        if ("near", which) in on:
            lines.append(f"{region.near[0]:05d}-{end:05d} any any -> {region.near_depot}")
        return [*lines, f"{codes} any any -> {region.depot}"]

    def right(self) -> str:
        return self.plan(self.states()[-1] - {"slip"})

    def claims(self) -> list[Parcel]:
        """Parcels that went wrong because of the slip, and of nothing else."""
        chance, region = self.chance, self.region
        outside = [code for code in range(region.first, region.last + 1)
                   if not region.near[0] <= code <= region.near[1] + 100]
        if self.slip[0] == "near":
            end = region.near[1]
            codes = chance.sample(range(end + 1, end + 9 * (end % 10 - end // 10 % 10) + 1), 4)
            return [(f"{code:05d}", f"{chance.randrange(5, 20) / 10}", "standard") for code in codes]
        service = "express" if self.slip[0] == "express" else "standard"
        return [(f"{code:05d}", f"{chance.randrange(61, 190) / 10}", service) for code in chance.sample(outside, 4)]

    def parcels(self, regions: Collection[Region], count: int) -> list[Parcel]:
        """Parcels about the edges of all rules."""
        chance, found = self.chance, []
        for region in regions:
            for _ in range(count):
                edge = chance.choice([region.first, region.last, *region.near, *region.near, region.near[1] + 27])
                found.append((f"{edge + chance.choice([-1, 0, 0, 1, 9]):05d}",
                              chance.choice(["0.5", "2", "2.1", "5", "5.2", "19.9", "20", "20.5", "31"]),
                              chance.choice(["standard", "express"])))
        return found

    def logbook(self) -> dict[str, str]:
        plans = [self.plan(state) for state in self.states()]
        files = {"0000.txt": plans[0]}
        for number, (title, _) in enumerate(self.entries, start=1):
            lines = difflib.unified_diff(*(text.splitlines(keepends=True) for text in plans[number - 1:number + 1]),
                                         "plan before", "plan after")
            files[f"{number:04d}.entry"] = f"Shift: {self.chance.choice(LEADERS)}\nDone: {title}\n\n" + "".join(lines)
        return files


def routed(plan: str, parcels: list[Parcel]) -> list[list[str]]:
    """Depot and chute of each parcel."""
    tool = runpy.run_path(str(TOOL), run_name="route")
    rules, chutes = tool["read_plan"](plan)
    depots = [tool["depot_of"](rules, *parcel) for parcel in parcels]
    return [[depot, chutes[depot]] for depot in depots]


def context_shift(instance: Instance) -> None:
    hub = Hub(instance.chance)
    plans, right, claims = [hub.plan(state) for state in hub.states()], hub.right(), hub.claims()
    belongs = [depot for depot, _ in routed(right, claims)]
    good = [[depot for depot, _ in routed(plan, claims)] == belongs for plan in plans]
    assert good == [number < hub.culprit for number in range(len(plans))]
    letters = instance.chance.sample(range(100_000, 999_999), len(claims))
    rows = [";".join(["parcel", "postcode", "kilos", "service", "belongs"])]
    rows += [";".join([f"P{letter}", *claim, depot]) for letter, claim, depot in zip(letters, claims, belongs)]
    groups = {"claims": claims, "same_town": hub.parcels([hub.region], 60),
              "other_towns": hub.parcels([region for region in hub.regions if region is not hub.region], 24)}
    for group in ("claims", "same_town"):
        assert routed(plans[-1], groups[group]) != routed(right, groups[group])
    # No earlier plan does for today.
    assert all(routed(plan, groups["other_towns"] + groups["same_town"])
               != routed(right, groups["other_towns"] + groups["same_town"]) for plan in plans)
    untouched = {"/app/logbook": instance.put_inputs("logbook", hub.logbook()),
                 "/app/claims": instance.put_inputs("claims", {"parcels.csv": "\n".join(rows) + "\n"})}
    instance.put("environment/plan/today.txt", plans[-1])
    instance.put_texts(good="0004", good_number="4", last_number=str(len(hub.entries)),
                       repairs=json.dumps(repairs(plans[-1], right)))
    instance.put("tests/route.py", TOOL.read_bytes())
    instance.put_tests("verify_plan.py", expected={
        "answer": {"entry": f"{hub.culprit:04d}"}, "untouched": untouched,
        "parcels": {name: [[*parcel, *where] for parcel, where in zip(parcels, routed(right, parcels))]
                    for name, parcels in groups.items()}})
