#!/usr/bin/env python3
"""Instances of layered-config-migration: drop-ins in three roots, and what a service makes of them."""
from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HOME.parents[1] / "harness"), str(HOME)]
from binder import context_shift  # noqa: E402
from dumped import adversarial  # noqa: E402
from instance import Family, Instance, Tier, main  # noqa: E402
from layers import NOTATION, effective, sources  # noqa: E402
from services import THEMES, Key, Service, Tree, biting_tree, key_table, nested  # noqa: E402
from stored import composition  # noqa: E402


def canonical(instance: Instance) -> None:
    service = Service(instance.chance)
    tree = biting_tree(service, [f"{service.name}.conf.d"], [[f"{service.name}.conf.d"]], 6)
    digests = instance.put_inputs("root", tree)
    read = sources(tree, service.name)
    lists = sorted(map(list, service.lists))
    instance.put_texts(service=service.name, keys=key_table(service), lists=json.dumps(lists))
    instance.put_tests("verify.py", ("layers.py",), {
        "file": f"/app/out/{service.name}.conf", "lists": lists, "notation": NOTATION,
        "settings": nested(effective(tree, service.name, service.lists)),
        "sources": {"path": "/app/out/sources.json",
                    "lists": {"read": read, "ignored": sorted(set(tree) - set(read))}},
        "untouched": {"/app/root": digests}})


# T2: three instances of one service, variables, and a new format with units.

INSTANCES = ["alpha", "north", "blue", "spare", "kiosk-2", "lab"]
UNITS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "": 1000, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
FORMS = {"duration": "whole number of milliseconds", "size": "whole number of bytes", "bool": "`true` or `false`",
         "text": "string", "path": "string", "peer": "array of strings", "word": "array of strings"}


def expanded(text: str, variables: dict[str, str], instance: str) -> str:
    return re.sub(r"\$\{(\w+)\}|%i|%%|\$\$", lambda found: variables.get(found[1], "") if found[1] else
                  {"%i": instance, "%%": "%", "$$": "$"}[found[0]], text)


def converted(kind: str, value: object) -> object:
    if isinstance(value, list):
        return value
    if kind == "duration":
        return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|s|min|h|)(?:\s|$)", str(value)))
    if kind == "size":
        return int(str(value).rstrip("KMG")) * (UNITS[str(value)[-1]] if str(value)[-1] in "KMG" else 1)
    return value in ("yes", "on", "true") if kind == "bool" else value


def new_name(name: Key) -> tuple[str, str]:
    return name[0].lower(), re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name[1]).lower()


def converted_all(service: Service, found: dict[Key, object], variables: dict[str, str], who: str) -> dict:
    result = {}
    for name, value in found.items():
        value = [expanded(item, variables, who) for item in value] if isinstance(value, list) else \
            expanded(str(value), variables, who)
        result[new_name(name)] = converted(service.kinds[name], value)
    return nested(result)


def all_notations(views: list[dict[Key, object]], kinds: dict[Key, str]) -> bool:
    """Whether each notation that is easily misread decides a value: variables, escapes, bare seconds, units of 1024."""
    texts = [" ".join(str(value) for value in view.values()) for view in views]
    single = [(kinds[name], str(value)) for view in views for name, value in view.items()]
    return ("${SITE}" in texts[0] and "${ZONE}" in texts[1] and all(any(sign in text for text in texts) for sign in (
                "${UNKNOWN}", "%%", "$$", "%i"))
            and any(kind == "duration" and value.isdigit() for kind, value in single)
            and any(kind == "size" and not value.isdigit() for kind, value in single))


def enriched(instance: Instance) -> None:
    chance = instance.chance
    service = Service(chance, ("${SITE}", "${ZONE}", "%i", "${UNKNOWN}", "50%%", "$$HOME"))
    who = chance.sample(INSTANCES, 3)
    shared = f"{service.name}.conf.d"
    views = [[f"{service.name}@{name}.conf.d", shared] for name in who]
    while True:
        tree = biting_tree(service, [shared, *(view[0] for view in views)], views, 4)
        if all_notations([effective(tree, service.name, service.lists, view) for view in views], service.kinds):
            break
    sites = chance.sample(["ber", "lis", "osl", "waw", "zrh", "ath"], 4)
    tree[f"etc/default/{service.name}"] = f"# for all instances\nSITE={sites[0]}\nZONE=zone-{chance.randrange(2, 9)}\n"
    tree[f"etc/default/{service.name}@{who[0]}"] = f"SITE={sites[1]}\n"
    tree[f"etc/default/{service.name}@{who[1]}"] = f"ZONE=\n#SITE={sites[2]}\n"
    tree[f"etc/default/{service.name}@{who[1]}.old"] = f"SITE={sites[3]}\n"
    zone = re.search(r"ZONE=(.*)", tree[f"etc/default/{service.name}"])[1]
    variables = [{"SITE": sites[1], "ZONE": zone}, {"SITE": sites[0], "ZONE": ""}, {"SITE": sites[0], "ZONE": zone}]
    files = {}
    for name, view, values in zip(who, views, variables):
        files[f"/app/out/{name}.json"] = converted_all(
            service, effective(tree, service.name, service.lists, view), values, name)
    digests = instance.put_inputs("root", tree)
    kinds = {f"{section}.{key}": kind for (section, key), kind in service.kinds.items()}
    table = "\n".join(f"| `[{name[0]}] {name[1]}` | {'list' if name in service.lists else 'single'} "
                      f"| `{'.'.join(new_name(name))}` | {FORMS[kind]} |" for name, kind in service.kinds.items())
    instance.put_texts(service=service.name, keys=table, kinds=json.dumps(kinds), instances=json.dumps(who),
                       instance_names=", ".join(f"`{name}`" for name in who[:2]) + f" and `{who[2]}`")
    instance.put_tests("verify_instances.py", expected={"files": files, "untouched": digests})


# T3: a program, shown samples and judged by trees that it has never seen.

def keys_file(service: Service) -> str:
    return "".join(f"{section}.{key} {'list' if (section, key) in service.lists else 'single'}\n"
                   for section, key in service.kinds)


def program_tree(chance: random.Random) -> tuple[Service, Tree]:
    service = Service(chance)
    shared = [f"{service.name}.conf.d"]
    tree = biting_tree(service, shared, [shared], 6)
    # What is not read may be broken.
    ignored = sorted(set(tree) - set(sources(tree, service.name)))
    tree[chance.choice([path for path in ignored if path.endswith(".conf")])] += "half a li"
    return service, tree


def with_keys(service: Service, tree: Tree) -> Tree:
    return tree | {f"usr/lib/{service.name}/{service.name}.keys": keys_file(service)}


def variant(instance: Instance) -> None:
    chance = instance.chance
    for number in (1, 2):
        service, tree = program_tree(chance)
        instance.put_inputs(f"samples/host-{number}", with_keys(service, tree))
        found = nested(effective(tree, service.name, service.lists))
        instance.put(f"environment/samples/host-{number}.{service.name}.json",
                     json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    sound = []
    for _ in range(4):
        service, tree = program_tree(chance)
        sound.append({"service": service.name, "tree": with_keys(service, tree),
                      "settings": nested(effective(tree, service.name, service.lists))})
    damaged = {}
    for name, line in (("broken_line", "no assignment here"), ("unknown_key", "Colour = red"),
                       ("key_of_another_section", "")):
        service, tree = program_tree(chance)
        path = chance.choice([path for path in sources(tree, service.name)[1:] if tree[path]])
        section, other = chance.sample(sorted(THEMES[service.name]), 2)
        strange = next(key for key in THEMES[service.name][other] if key not in THEMES[service.name][section])
        tree[path] += f"[{section}]\n{line or f'{strange} = 1'}\n"
        damaged[name] = {"service": service.name, "tree": with_keys(service, tree)}
    instance.put_texts()
    instance.put_tests("verify_program.py", ("programs.py",), {"sound": sound, "damaged": damaged})


if __name__ == "__main__":
    main(Family(
        home=HOME, keywords=("configuration", "precedence", "migration"),
        procedure="List every file that could have a say; settle by the manual which are read, which are replaced or "
                  "masked, and in which order; evaluate assignment by assignment, resets and lists included; convert "
                  "only then, and read the result back.",
        tiers={
            "t1": Tier("Flatten a service's layered configuration into one file that means the same.", "easy",
                       "Drop-ins are sorted by name whatever their root, 100- comes before 20-, an empty file masks "
                       "one of the same name, and an empty assignment resets.", canonical),
            "t2": Tier("Migrate three instances of a service to a new format with other names and units.", "medium",
                       "An instance's drop-in replaces a general one of the same name only within the same root, and "
                       "a variable that was set to nothing hides the general one.", enriched),
            "t3": Tier("Write a program that tells the effective configuration of any service tree.", "hard",
                       "Files that are not read may be broken and must not matter; files that are read must be whole "
                       "and know only their section's keys.", variant),
            "t4": Tier("Make one sheet of a binder that several hands have filled.", "medium",
                       "The same in paper: names are read by their letters whatever the tab, a blank sheet does away "
                       "with one from further away, and an item with nothing behind it forgets.", context_shift),
            "t5": Tier("Flatten a layered configuration of which a dump is at hand, and tell where each value is from.",
                       "hard",
                       "The dump of the running service has every value; searching the files for these finds them "
                       "in files that are not read, too, and in assignments that do not count.", adversarial),
            "t6": Tier("Bring back the databases that a service had open, as its layered configuration says.", "hard",
                       "Databases of these names lie in three directories, and each misreading of the configuration "
                       "leads to other ones; each lacks most of its work without its log.", composition,
                       composes=("layered-config-migration", "sqlite-wal-recovery"))}))
