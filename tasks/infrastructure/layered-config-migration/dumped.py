"""T5: a dump of the running service gives every value away, and nothing of where it comes from."""
from __future__ import annotations

import json

from instance import Instance
from layers import NOTATION, effective, numbered, sources
from services import Key, Service, Tree, biting_tree, key_table, nested

Places = list[list]  # file and line


def origins(tree: Tree, service: Service) -> dict[str, Places]:
    """Where each value that counts was assigned: one place for a single key, one for each value of a list."""
    found: dict[Key, Places] = {}
    for path in sources(tree, service.name):
        for section, key, value, line in numbered(tree[path]):
            name = section, key
            if not value:
                found.pop(name, None)
            else:
                found[name] = [*(found.get(name, []) if name in service.lists else []), [path, line]]
    return {".".join(name): places for name, places in sorted(found.items())}


def searched(tree: Tree, found: dict[Key, object], paths: list[str]) -> dict[str, Places]:
    """Where a search for the values would find them: the last match in the files in this order."""
    places = {}
    for path in paths:
        for section, key, value, line in numbered(tree[path]):
            places[section, key, value] = [path, line]
    return {".".join(name): [places[(*name, text)] for text in (value if isinstance(value, list) else [value])]
            for name, value in sorted(found.items())}


def misleads(tree: Tree, service: Service) -> bool:
    """Whether no search for the dump's values, through whichever files, finds their origins, one of several lines."""
    truth, found = origins(tree, service), effective(tree, service.name, service.lists)
    begins = [tree[path].split("\n")[line - 1] for places in truth.values() for path, line in places]
    if not any(line.endswith("\\") for line in begins):
        return False
    every = [path for path in sorted(tree) if path.endswith(".conf")]
    for paths in (every, every[::-1], sources(tree, service.name)):
        guessed = searched(tree, found, paths)
        wrong = [name for name in truth if guessed[name] != truth[name]]
        if len(wrong) < 2:
            return False
    return True


def adversarial(instance: Instance) -> None:
    service = Service(instance.chance)
    own = f"{service.name}.conf.d"
    while True:
        tree = biting_tree(service, [own], [[own]], 6)
        if misleads(tree, service):
            break
    read, lists = sources(tree, service.name), sorted(map(list, service.lists))
    settings = nested(effective(tree, service.name, service.lists))
    dump = {f"{service.name}.json": json.dumps(settings, indent=1, ensure_ascii=False) + "\n"}
    untouched = {"/app/root": instance.put_inputs("root", tree), "/app/dump": instance.put_inputs("dump", dump)}
    instance.put_texts(service=service.name, keys=key_table(service), lists=json.dumps(lists))
    instance.put_tests("verify.py", ("layers.py",), {
        "file": f"/app/out/{service.name}.conf", "lists": lists, "notation": NOTATION, "settings": settings,
        "sources": {"path": "/app/out/sources.json",
                    "lists": {"read": read, "ignored": sorted(set(tree) - set(read))}},
        "origins": origins(tree, service), "untouched": untouched})
