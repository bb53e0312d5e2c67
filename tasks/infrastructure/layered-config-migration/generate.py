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
from instance import Family, Instance, Tier, main  # noqa: E402
from layers import MISREADINGS, OF_INSTANCES, ROOTS, effective, sources  # noqa: E402

Key = tuple[str, str]
Tree = dict[str, str]
POOLS = {
    "duration": ["30s", "1min 30s", "2min", "250ms", "90", "1h 15min", "45", "1500ms", "5min"],
    "size": ["64K", "16M", "1G", "4096", "512K", "3M", "1500", "2G"],
    "bool": ["yes", "no", "on", "off", "true", "false"],
    "peer": ["10.0.0.7:9", "peer-b.example:4411", "[2001:db8::7]:80", "10.0.0.9:9", "peer-c.example:4411",
             "backup.example:1"],
    "word": ["allow 10.0.0.0/8", "deny *", "allow ::1 # loopback", "log = all", "allow 192.0.2.0/24",
             "deny 198.51.100.7"],
    "text": ["plain", "two words here", "a = b; c", "Grüße # kein Kommentar", "/srv/data/main", '"quoted"', "x" * 12],
    "path": ["/var/lib/one", "/srv/spool/%s", "/run/two", "/data/space here", "/var/cache/3"],
}
LIST_KINDS = {"peer", "word"}
# service: section to key to kind
THEMES: dict[str, dict[str, dict[str, str]]] = {
    "relay": {"Listen": {"Address": "text", "Backlog": "size", "IdleTimeout": "duration", "Peer": "peer"},
              "Queue": {"Directory": "path", "MaxSize": "size", "RetryAfter": "duration", "Rule": "word"},
              "Log": {"Target": "text", "Verbose": "bool"}},
    "mailstore": {"Spool": {"Path": "path", "Quota": "size", "Purge": "duration", "Compress": "bool"},
                  "Access": {"Rule": "word", "Banner": "text", "Upstream": "peer"},
                  "Index": {"Cache": "size", "Refresh": "duration", "Name": "text"}},
    "edgecache": {"Origin": {"Server": "peer", "ConnectTimeout": "duration", "HostHeader": "text"},
                  "Cache": {"Store": "path", "Memory": "size", "Disk": "size", "Keep": "duration"},
                  "Access": {"Entry": "word", "Strict": "bool", "Realm": "text"}},
    "metricd": {"Collect": {"Interval": "duration", "Source": "peer", "Label": "text", "Jitter": "duration"},
                "Store": {"Location": "path", "Segment": "size", "Sync": "bool"},
                "Export": {"Filter": "word", "Batch": "size", "Title": "text"}},
}
NAMES = ["10-vendor.conf", "20-tuning.conf", "9-local.conf", "100-site.conf", "50-limits.conf", "60-peers.conf",
         "05-base.conf", "8-early.conf", "70-ops.conf", "Zone.conf", "override.conf"]
NOISE = ["50-limits.conf.bak", "60-peers.conf~", ".70-ops.conf", "20-tuning.conf.dpkg-old", "zz-last.conf.disabled"]


class Service:
    """One service of an instance: its keys and how its files are written."""

    def __init__(self, chance: random.Random, variables: tuple[str, ...] = ()) -> None:
        self.chance, self.variables = chance, variables
        self.name = chance.choice(sorted(THEMES))
        self.kinds = {(section, key): kind for section, keys in THEMES[self.name].items() for key, kind in keys.items()}
        self.lists = {name for name, kind in self.kinds.items() if kind in LIST_KINDS}

    def value(self, kind: str) -> str:
        text = self.chance.choice(POOLS[kind])
        if self.variables and kind in ("text", "path", "peer") and self.chance.random() < 0.5:
            variable = self.chance.choice(self.variables)
            text = f"/srv/{variable}" if kind == "path" else f"{text}-{variable}"
        return text

    def assignment(self, name: Key, reset: float) -> list[str]:
        """Lines that assign one key; perhaps a reset alone, or in front of a list's item."""
        kind, equals = self.kinds[name], self.chance.choice(["=", " = ", "= "])
        value = self.value(kind)
        if self.chance.random() < 0.3:
            value = value.replace(" ", " \\\n    ", 1)
        line = f"{name[1]}{equals}{value}"
        if self.chance.random() < reset:
            return [f"{name[1]}=", line] if name in self.lists and self.chance.random() < 0.7 else [f"{name[1]}="]
        return [line]

    def text(self, names: list[Key], reset: float) -> str:
        """A file that assigns these keys, with comments that look like assignments."""
        lines: list[str] = []
        for section in dict.fromkeys(section for section, _ in names):
            lines.append(f"[{section}]")
            for name in names:
                if name[0] == section:
                    if self.chance.random() < 0.15:
                        lines.append(f"{self.chance.choice('#;')} {name[1]} = {self.value(self.kinds[name])}")
                    lines += self.assignment(name, reset)
            lines.append("")
        return "\n".join(lines[:-1]) + "\n"

    def some(self, count: int) -> list[Key]:
        names = self.chance.sample(sorted(self.kinds), count)
        return names + [name for name in names if name in self.lists and self.chance.random() < 0.4]

    def drop_ins(self, directory: str, count: int) -> Tree:
        """Drop-ins of one directory name in the three roots: some names in several, one masked, and leftovers."""
        chance, tree = self.chance, {}
        names = chance.sample(NAMES, count)
        for name in names:
            for root in chance.sample(ROOTS, chance.choice([1, 1, 2])):
                tree[f"{root}/{self.name}/{directory}/{name}"] = self.text(self.some(chance.choice([2, 3, 4])), 0.3)
        masked = names[0]
        tree[f"usr/lib/{self.name}/{directory}/{masked}"] = self.text(self.some(3), 0)
        tree.pop(f"etc/{self.name}/{directory}/{masked}", None)
        tree[f"{chance.choice(ROOTS[:2])}/{self.name}/{directory}/{masked}"] = ""
        for name in chance.sample(NOISE, 2):
            tree[f"{chance.choice(ROOTS)}/{self.name}/{directory}/{name}"] = self.text(self.some(3), 0)
        return tree

    def tree(self, directories: list[str], count: int) -> Tree:
        every = sorted(self.kinds)
        tree = {f"usr/lib/{self.name}/{self.name}.conf": self.text(every, 0),
                f"{self.chance.choice(ROOTS[:2])}/{self.name}/{self.name}.conf": self.text(self.some(6), 0.05)}
        for directory in directories:
            tree |= self.drop_ins(directory, count)
        return dict(sorted(tree.items()))


def biting_tree(service: Service, directories: list[str], views: list[list[str]], count: int) -> Tree:
    """A tree on which each misreading changes the settings of at least one view (drop-in directories of one reader)."""
    misreadings = MISREADINGS + (OF_INSTANCES if len(views) > 1 else ())
    while True:
        tree = service.tree(directories, count)
        if all(any(effective(tree, service.name, service.lists, view, (misreading,))
                   != effective(tree, service.name, service.lists, view) for view in views)
               for misreading in misreadings):
            return tree


def nested(found: dict[Key, object]) -> dict[str, dict[str, object]]:
    result: dict[str, dict[str, object]] = {}
    for (section, key), value in sorted(found.items()):
        result.setdefault(section, {})[key] = value
    return result


def key_table(service: Service) -> str:
    return "\n".join(f"| `[{section}]` | `{key}` | {'list' if (section, key) in service.lists else 'single'} |"
                     for section, key in service.kinds)


def canonical(instance: Instance) -> None:
    service = Service(instance.chance)
    tree = biting_tree(service, [f"{service.name}.conf.d"], [[f"{service.name}.conf.d"]], 6)
    digests = instance.put_inputs("root", tree)
    read = sources(tree, service.name)
    lists = sorted(map(list, service.lists))
    instance.put_texts(service=service.name, keys=key_table(service), lists=json.dumps(lists))
    instance.put_tests("verify.py", ("layers.py",), {
        "file": f"/app/out/{service.name}.conf", "lists": lists,
        "settings": nested(effective(tree, service.name, service.lists)),
        "sources": {"path": "/app/out/sources.json", "read": read, "ignored": sorted(set(tree) - set(read))},
        "untouched": digests})


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
                       "and know only their section's keys.", variant)}))
