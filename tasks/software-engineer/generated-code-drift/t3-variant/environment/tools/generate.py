"""Prints the calendar as a Python module: python3 tools/generate.py > tides/_calendar.py"""
import os
from datetime import datetime, timezone
from pathlib import Path

SPEC = Path(__file__).resolve().parent.parent / "spec"
FORM = "%Y-%m-%d %H:%M"


def entries():
    """Name to seconds and labels; later files win."""
    found = {}
    for name in os.listdir(SPEC):
        for line in (SPEC / name).read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            name, when, labels = (part.strip() for part in line.split("|"))
            seconds = int(datetime.strptime(when, FORM).timestamp())
            found[name] = seconds, tuple(sorted(set(labels.split())))
    return found


calendar = entries()
print(f"# Generated for {os.environ.get('HOME')} by tools/generate.py.")
print("INSTANTS = {")
for name in sorted(calendar):
    print(f'    "{name}": {calendar[name][0]},')
print("}")
print("LABELS = {")
for name in sorted(calendar):
    print(f'    "{name}": {calendar[name][1]!r},')
print("}")
