"""Writes the program as it was after a change: python3 tools/checkout.py 0007 > FILE   (0000: before the first)"""
import re
import sys
from pathlib import Path

HISTORY = Path(__file__).resolve().parent.parent / "history"


def applied(lines, patch):
    """`lines` with a unified diff applied; stops if the diff does not fit."""
    result, at = [], 0
    for line in patch:
        if found := re.match(r"@@ -(\d+)", line):
            start = int(found[1]) - 1
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


lines = (HISTORY / "0000.py").read_text(encoding="utf-8").splitlines(keepends=True)
for number in range(1, int(sys.argv[1]) + 1):
    patch = (HISTORY / f"{number:04d}.patch").read_text(encoding="utf-8").splitlines(keepends=True)
    hunks = next(at for at, line in enumerate(patch) if line.startswith("@@"))
    lines = applied(lines, patch[hunks:])
sys.stdout.buffer.write("".join(lines).encode())
