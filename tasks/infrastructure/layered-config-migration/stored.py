"""T6: the configuration says which databases were in use; these have then to be brought back from file and log."""
from __future__ import annotations

import json
import random
import sys

from instance import HARNESS, Instance
from layers import MISREADINGS, effective
from services import POOLS, Service, Themes, Tree, key_table, nested

WAL = "infrastructure/sqlite-wal-recovery"
sys.path.append(str(HARNESS.parent / WAL))
from walfile import history, opened_by_sqlite, rows_of, schema_of, write_ahead_log  # noqa: E402

DIRECTORIES = ["/srv/data", "/srv/data-2", "/srv/fast"]
NAMES = ["orders", "stock", "tickets"]
REST = {"Listen": {"Address": "text", "Port": "size", "Rule": "word"}, "Log": {"Target": "text"}}
THEMES: Themes = {
    service: {"Store": {"Directory": "directory", "Databases": "several", "Label": "text", "Checkpoint": "duration"},
              **REST} for service in ("counterd", "shopd", "deskd")}


def store_of(tree: Tree, service: Service, misread: tuple[str, ...] = ()) -> dict:
    return nested(effective(tree, service.name, service.lists, misread=misread)).get("Store", {})


def biting_store(service: Service) -> tuple[Tree, dict]:
    """A tree on which each misreading changes the section [Store], and most of them what has to be brought back."""
    while True:
        tree = service.tree([f"{service.name}.conf.d"], 7)
        store = store_of(tree, service)
        databases = store.get("Databases", [])
        if len(store) < 3 or "Directory" not in store or len(databases) != 2 or len(set(databases)) != 2:
            continue
        others = [store_of(tree, service, (misreading,)) for misreading in MISREADINGS]
        elsewhere = [(other.get("Directory"), other.get("Databases")) != (store["Directory"], databases)
                     for other in others]
        if all(other != store for other in others) and sum(elsewhere) >= 5:
            return tree, store


def states_of(name: str, chance: random.Random) -> list[bytes]:
    """The database after each transaction; the last of them is never committed."""
    def added(first: int, count: int) -> list:
        return [(f"INSERT INTO {name} VALUES (?, ?, ?)",
                 (place, f"{chance.choice(['rope', 'lamp', 'oar', 'sail', 'bell'])} {chance.randrange(10**5)}",
                  chance.choice(["open", "held"]))) for place in range(first, first + count)]

    schema = [(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, what TEXT NOT NULL, state TEXT NOT NULL)", ())]
    first, more = chance.randrange(12, 20), chance.randrange(3, 9)
    return history(512, {}, [schema + added(1, first), added(first + 1, more) + [
        (f"UPDATE {name} SET state = 'done' WHERE id % 3 = ?", (chance.randrange(3),))],
        [(f"DELETE FROM {name} WHERE id <= ?", (chance.randrange(2, 6),))], added(100, 9)])


def composition(instance: Instance) -> None:
    chance = instance.chance
    service = Service(chance, themes=THEMES, pools=POOLS | {"directory": DIRECTORIES, "several": NAMES})
    tree, store = biting_store(service)
    files: dict[str, str | bytes] = dict(tree)
    databases, rows = {}, {}
    for directory in DIRECTORIES:
        for name in NAMES:
            states = states_of(name, chance)
            salts = chance.randrange(1, 1 << 32), chance.randrange(1, 1 << 32)
            log = write_ahead_log(512, chance.randrange(2, 99), salts, states[:-1], states[-1])
            files |= {f"{directory[1:]}/{name}.db": states[0], f"{directory[1:]}/{name}.db-wal": log}
            if directory == store["Directory"] and name in store["Databases"]:
                truth = rows_of(states[-2], [name])
                assert opened_by_sqlite(states[0], log, [name]) == truth
                databases[f"/app/recovered/{name}.db"] = {"identity": {}, "schema": schema_of(states[-2]),
                                                          "rows": truth}
                rows[name] = len(truth[name])
    lists = sorted(map(list, service.lists))
    digests = instance.put_inputs("root", dict(sorted(files.items())))
    instance.put_texts(service=service.name, keys=key_table(service), lists=json.dumps(lists))
    instance.put_tests(f"../../{WAL}/verify.py", expected={
        "databases": databases, "evidence": {"/app/root": digests},
        "report": {"path": "/app/recovered/report.json", "content": {"store": store, "rows": rows}}})
