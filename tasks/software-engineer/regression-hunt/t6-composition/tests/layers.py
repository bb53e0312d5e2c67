"""How the old services read their layered configuration. Executed by generate.py and by verify.py.

A tree is a dict of path (from the root directory) to text. Settings are a dict of (section, key) to text or list.
"""
ROOTS = ("etc", "run", "usr/lib")

# Plausible misreadings of the manual; a generator makes sure that each of them would lead to other settings.
MISREADINGS = ("numeric_names", "mains_merged", "masks_ignored", "root_by_root", "lists_replaced", "resets_ignored",
               "backups_read", "first_wins")
OF_INSTANCES = ("instance_first",)

# How files are written: first characters of comments, what continues a line, heads of sections, assignments.
NOTATION = {"comments": "#;", "continued": "\\", "head": ["[", "]"], "assigns": "="}


def numbered(text, notation=NOTATION):
    """Assignments in order as (section, key, value, line); ValueError for a line that is none of the manual's."""
    begins, ends = notation["head"]
    section, found, pending, first = None, [], "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if not pending and (not line or line[0] in notation["comments"]):
            continue
        first = first if pending else number
        line = f"{pending} {line}".strip() if pending else line
        pending = ""
        if line.endswith(notation["continued"]):
            pending = line[:-1].rstrip() or " "
            continue
        if line.startswith(begins) and line.endswith(ends):
            section = line[len(begins):-len(ends)].strip()
            continue
        key, equals, value = line.partition(notation["assigns"])
        if section is None or not equals or not key.strip():
            raise ValueError(line)
        found.append((section, key.strip(), value.strip(), first))
    if pending:
        raise ValueError("the last line is continued")
    return found


def sources(tree, service, directories=None, misread=()):
    """Paths that are read, in order. `directories`: names of drop-in directories, the most particular one first."""
    directories = directories or [f"{service}.conf.d"]
    mains = [f"{root}/{service}/{service}.conf" for root in ROOTS]
    mains = [path for path in mains if path in tree]
    mains = mains[::-1] if "mains_merged" in misread else mains[:1]
    chosen = {}
    places = [f"{root}/{service}/{directory}/" for root in ROOTS for directory in directories]
    if "instance_first" in misread:
        places = [f"{root}/{service}/{directory}/" for directory in directories for root in ROOTS]
    for place in places:
        for name in [path[len(place):] for path in sorted(tree) if path.startswith(place)]:
            if "backups_read" not in misread and (not name.endswith(".conf") or name.startswith(".")):
                continue
            if "masks_ignored" in misread and not tree[place + name].strip():
                continue
            unique = place + name if "root_by_root" in misread else name
            chosen.setdefault(unique, place + name)
    if "root_by_root" in misread:
        ordered = [path for root in ROOTS[::-1] for path in sorted(chosen) if path.startswith(root)]
    elif "numeric_names" in misread:
        ordered = [chosen[name] for name in sorted(chosen, key=lambda name: (int("0" + "".join(
            letter for letter in name.split("-")[0] if letter.isdigit())), name))]
    else:
        ordered = [chosen[name] for name in sorted(chosen, key=str.encode)]
    return [*mains, *ordered]


def settings(texts, lists, misread=(), notation=NOTATION):
    """What the texts, read one after the other, set; `lists` names the keys that collect values."""
    found = {}
    for section, key, value, _ in (assignment for text in texts for assignment in numbered(text, notation)):
        name = section, key
        if not value:
            if "resets_ignored" not in misread:
                found.pop(name, None)
        elif name in lists:
            found[name] = [value] if "lists_replaced" in misread else [*found.get(name, []), value]
        elif "first_wins" not in misread or name not in found:
            found[name] = value
    return found


def effective(tree, service, lists, directories=None, misread=()):
    return settings([tree[path] for path in sources(tree, service, directories, misread)], lists, misread)
