"""T4: the access logs of directory servers, in LDIF."""
from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone

from changes import UTC, Change, World, bites, folded, offsets, put_truth
from instance import Instance

DIRECTORIES = [
    ("people", "uid", "u", {"mail": ["a.ito@example.org", "b@example.net", ""], "roomNumber": ["007", "2E1", "101", ""],
                            "title": ["Ärztin", "chargé d’affaires", "clerk", " (acting) "],
                            "description": ["left\nreturned", "see file 4: open", ""]}),
    ("hosts", "cn", "srv", {"ipHostNumber": ["192.0.2.7", "192.0.2.70", "2001:db8::7"],
                            "l": ["Zürich", "Łódź", "Kyōto", ""], "owner": ["ops", "dörte", "net: core"],
                            "description": ["spare", "rack 3\nslot 9", ""]}),
    ("printers", "cn", "lp", {"location": ["2. Étage", "cellar", ""], "ppm": ["8", "08", "40"],
                              "owner": ["ana", "björn", ""], "description": ["<drum low>", ":jams", "A4\nA3"]}),
]
SERVERS = ["ldap-a", "ldap-b", "ldap-c", "ldap-m", "ldap-q", "ldap-x"]


def generalized(at: datetime, minutes: int) -> str:
    """The time of LDAP, with the server's offset."""
    return at.astimezone(timezone(timedelta(minutes=minutes))).strftime("%Y%m%d%H%M%S%z").replace("+0000", "Z")


def ldif_line(name: str, value: str) -> str:
    """Base64 where LDIF asks for it, folded at 56 columns."""
    plain = value.isascii() and value.isprintable() and value == value.strip() and not value.startswith((":", "<"))
    line = f"{name}: {value}" if plain else f"{name}:: {base64.b64encode(value.encode()).decode()}"
    return "\n ".join([line[:56], *(line[at:at + 55] for at in range(56, len(line), 55))])


def ldif_entry(world: World, change: Change, time: str, order: int) -> str:
    kind = "delete" if change.fields is None else world.chance.choice(["add", "modify", "modify"])
    lines = [("dn", f"reqStart={time},cn=log{order}"), ("objectClass", f"audit{kind.capitalize()}"), ("reqStart", time),
             ("reqType", kind), ("reqDN", f"{world.key}={change.name},ou={world.noun},dc=example,dc=org"),
             ("reqId", str(change.number))]
    lines += [("reqMod", f"{name}:= {value}" if value else f"{name}:-")
              for name, value in (change.fields or {}).items()]
    return "".join(ldif_line(*line) + "\n" for line in lines)


def context_shift(instance: Instance) -> None:
    chance = instance.chance
    while True:
        world = World(chance, DIRECTORIES)
        start = datetime(2024, chance.randrange(1, 13), chance.randrange(1, 26), tzinfo=UTC)
        changes = world.changes(150, start, 40, chance.randrange(100, 900))
        clocks = dict(zip(chance.sample(SERVERS, 3), offsets(chance)))
        sent = [(change, chance.choice(list(clocks))) for change in world.late(changes)]
        sent.sort(key=lambda item: item[1])  # one file after another: what a reader meets
        texts = [generalized(change.at, clocks[server]) for change, server in sent]
        if bites(changes, [change for change, _ in sent], texts, world.columns):
            break
    entries: dict[str, list[str]] = {server: [] for server in sorted(clocks)}
    for (change, server), text in zip(sent, texts):
        entries[server].append(ldif_entry(world, change, text, len(entries[server])))
    journal = instance.put_inputs("journal", {f"{server}.ldif": "version: 1\n\n" + "\n".join(parts)
                                              for server, parts in entries.items()})
    rows = folded(changes)
    instance.put_texts(noun=world.noun, key=world.key, columns=",".join(world.columns))
    put_truth(instance, world, rows, {"/app/journal": journal}, {
        "entries": len(rows), "removed": len({change.name for change in changes}) - len(rows),
        "operations": len(changes), "seen_twice": len(sent) - len(changes)}, "/app/directory")
