"""The services of the instances: their keys, and trees of files on which every misreading shows."""
from __future__ import annotations

import random

from layers import MISREADINGS, OF_INSTANCES, ROOTS, effective

Key = tuple[str, str]
Tree = dict[str, str]
Themes = dict[str, dict[str, dict[str, str]]]
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
LIST_KINDS = {"peer", "word", "several"}
# service: section to key to kind
THEMES: Themes = {
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

    def __init__(self, chance: random.Random, variables: tuple[str, ...] = (), themes: Themes = THEMES,
                 pools: dict[str, list[str]] = POOLS) -> None:
        self.chance, self.variables, self.pools = chance, variables, pools
        self.name = chance.choice(sorted(themes))
        self.kinds = {(section, key): kind for section, keys in themes[self.name].items() for key, kind in keys.items()}
        self.lists = {name for name, kind in self.kinds.items() if kind in LIST_KINDS}

    def value(self, kind: str) -> str:
        text = self.chance.choice(self.pools[kind])
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
