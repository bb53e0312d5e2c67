"""Prints the calendar as a Python module: python3 tools/generate.py > @package@/_calendar.py"""
import os
from datetime import datetime, timezone
from pathlib import Path

SPEC = Path(__file__).resolve().parent.parent / "spec"
FORM = "%Y-%m-%d %H:%M"


def entries():
    """Name to seconds and labels; later files win."""
    found = {}
    for name in @listing@:
        for line in (SPEC / name).read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            name, when, labels = (part.strip() for part in line.split("|"))
            seconds = int(@instant@)
            found[name] = seconds, tuple(@labels@)
    return found


calendar = entries()
print(f"@stamp@")
print("INSTANTS = {")
for name in sorted(calendar):
    print(f'    "{name}": {calendar[name][0]},')
print("}")
print("LABELS = {")
for name in sorted(calendar):
    print(f'    "{name}": {calendar[name][1]!r},')
print("}")
