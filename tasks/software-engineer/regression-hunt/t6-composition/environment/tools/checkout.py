"""Writes the tree as it was after a change: python3 tools/checkout.py 0007 DIRECTORY   (0000: before the first)"""
import re
import shutil
import sys
from pathlib import Path

HISTORY = Path(__file__).resolve().parent.parent / "history"


def applied(lines, patch):
    """`lines` with a unified diff applied; stops if the diff does not fit."""
    result, at = [], 0
    for line in patch:
        if found := re.match(r"@@ -(\d+)", line):
            start = max(int(found[1]) - 1, 0)
            result += lines[at:start]
            at = start
        elif line.startswith((" ", "-")):
            if lines[at] != line[1:]:
                sys.exit(f"the patch does not fit in line {at + 1}")
            result += [line[1:]] if line[0] == " " else []
            at += 1
        elif line.startswith("+"):
            result.append(line[1:])
    return result + lines[at:]


root = Path(sys.argv[2])
shutil.rmtree(root, ignore_errors=True)
shutil.copytree(HISTORY / "0000", root)
for number in range(1, int(sys.argv[1]) + 1):
    patch = (HISTORY / f"{number:04d}.patch").read_text(encoding="utf-8")
    for part in re.split(r"^File: ", patch, flags=re.M)[1:]:
        name, *hunks = part.splitlines(keepends=True)
        path = root / name.strip()
        old = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(applied(old, hunks)), encoding="utf-8")
